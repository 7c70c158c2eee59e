//! The owners' logic as pure structs: what they vote, what they decide for their own streams, how they fold records.
//!
//! An owner's memory is a fold of the journal plus the reservations it has granted. Folds never refuse.

pub mod calls;
pub mod directory;
pub mod inbox;
pub mod ledger;
pub mod schedule;
pub mod timetable;
pub mod wallet;
