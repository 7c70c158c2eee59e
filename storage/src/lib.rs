//! Durable storage of CampusG: the journal, and the snapshots that are folded from it.
//!
//! Must not: decide anything about orders or money, or know actors or HTTP.
//!
//! Invariant: nothing is reported as durable before the disk has confirmed it.

pub mod boot;
pub mod checked_text;
pub mod codec;
pub mod config;
pub mod disk;
pub mod fault;
pub mod file;
pub mod journal;
pub mod photo;
pub mod projector;
pub mod read;
pub mod rebuild;
pub mod snapshot;
pub mod store;
pub mod vault;
pub mod verify;

mod keys;
mod replay;
mod reserve;

pub use boot::BootState;
pub use config::StorageConfig;
pub use fault::StorageFault;
pub use read::Reads;
pub use store::{OpenOptions, Opened, Store};
