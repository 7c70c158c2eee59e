//! The shells: the one sequence of a command around the domain's pure turn, for residents and for owners.
//!
//! An order lives in an actor of its own, whose mailbox is closed while it asks, looks up and commits ([`order`]). An owner
//! writes many streams, votes from memory, and keeps the commands that wait in a queue per stream ([`owner`]).
//! Must not: hold a rule, or know what an owner does.

pub(crate) mod commit;
pub(crate) mod order;
pub(crate) mod owner;
