//! The shells: actors that run the domain's pure decision in the one sequence votes → decision → commit.
//!
//! An order lives in an actor of its own, whose mailbox is closed while it asks for votes, looks up and commits
//! ([`order`]). An owner writes many streams, votes from memory, and keeps waiting commands in a queue per stream
//! ([`owner`]).
//!
//! Must not: hold a rule, or know what an owner does.

pub(crate) mod commit;
pub(crate) mod order;
pub(crate) mod owner;
