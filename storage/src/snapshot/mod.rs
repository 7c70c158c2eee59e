//! Snapshots: what the journal amounts to, kept so that nobody has to read it all again.
//!
//! Owns keys, values, the overlay in memory, the two sled stores below it and the checkpoint that
//! moves one into the other. Must not decide what a value is: the projector folds.
//!
//! Invariants: everything here can be rebuilt from the journal; the projector is the only writer;
//! a value carries the sequence folded into it; nothing that `applied` promises is missing.

pub mod feed;
pub(crate) mod key;
pub mod live;
pub(crate) mod trust;
pub(crate) mod value;

pub(crate) mod checkpoint;
pub(crate) mod overlay;
pub(crate) mod shared;
pub(crate) mod sled_store;
pub(crate) mod stores;

mod fault;

pub use checkpoint::WriteStats;
pub use fault::SnapshotFault;
