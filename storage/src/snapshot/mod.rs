//! Snapshots: the present state, folded from the journal so that it need not be read from the beginning.
//!
//! Consists of keys, values, the overlay in memory, the two sled stores below it, and the checkpoint that writes the
//! overlay to them. Must not: determine a value; that is the projector's job.
//!
//! Invariants: everything here can be rebuilt from the journal; the projector is the only writer; a value contains
//! the sequence number up to which it is folded, and a checksum that is bound to its key and its store; nothing that
//! `applied` covers is missing, and a store of which that is not known is not read.

pub mod feed;
pub(crate) mod key;
pub mod live;
pub(crate) mod trust;
pub(crate) mod value;

pub(crate) mod checkpoint;
pub(crate) mod overlay;
pub(crate) mod shared;
pub(crate) mod sled_store;
pub(crate) mod stored;
pub(crate) mod stores;
pub(crate) mod watched;
pub mod watchers;

mod fault;
mod sled_files;

pub use checkpoint::WriteStats;
pub use fault::SnapshotFault;
