//! What CampusG remembers: the journal and everything folded from it onto disk.
//!
//! Owns files and nothing else: it stores what it is handed and gives it back. It takes no
//! decision about an order or money, and knows neither actors nor HTTP.
//!
//! Invariant: nothing is reported as durable before the disk said so.

pub mod boot;
pub mod codec;
pub mod config;
pub mod disk;
pub mod fault;
pub mod journal;
pub mod photo;
pub mod projector;
pub mod read;
pub mod rebuild;
pub mod snapshot;
pub mod store;
pub mod vault;
pub mod verify;

mod file;
mod replay;

pub use boot::BootState;
pub use config::StorageConfig;
pub use fault::StorageFault;
pub use read::Reads;
pub use store::{OpenOptions, Opened, Store};
