//! Why a server could not start or end in order. Each names the path, the address or the part.

use campusg_actors::runtime::{Refusal, StartFault};
use campusg_sandbox::BookFault;
use campusg_storage::StorageFault;
use std::{io, net::SocketAddr, path::PathBuf};

/// The server can't start, or did not end in order.
#[derive(Debug, thiserror::Error)]
pub enum ComposeFault {
    /// The data folder.
    #[error(transparent)]
    Storage(#[from] StorageFault),
    /// The runtime.
    #[error(transparent)]
    Start(#[from] StartFault),
    /// The address.
    #[error("can't listen on {address}: name another address, or port 0 for any that is free")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The sandbox gateway's book.
    #[error("can't open the sandbox gateway's book {path}")]
    Book {
        /// Which.
        path: PathBuf,
        /// What it says.
        source: BookFault,
    },
    /// `--demo` on a folder that holds something else.
    #[error(
        "{path} is not a demo's data folder: name another one with --data, or leave --demo out"
    )]
    NotADemo {
        /// Which.
        path: PathBuf,
    },
    /// A drill on a server that is meant in earnest.
    #[error("{key} is a drill: it needs --virtual-clock, which no server in earnest has")]
    Drill {
        /// The key of the configuration.
        key: &'static str,
    },
    /// The amounts in the folder are in another currency.
    #[error(
        "the amounts in {path} are in {kept}, not in {asked}: set policy.currency to {kept}, or name another folder with --data"
    )]
    OtherCurrency {
        /// The data folder.
        path: PathBuf,
        /// Its currency.
        kept: String,
        /// The one that is configured.
        asked: String,
    },
    /// A file of the data folder.
    #[error("can't use {path}")]
    DataFile {
        /// Which.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Making the demo was refused.
    #[error(
        "the demo can't be made: {0}; see that the payment gateway is there, and start again to go on"
    )]
    Demo(Refusal),
    /// The result could not be printed.
    #[error("cannot print the result")]
    Output(#[source] io::Error),
    /// The tokio runtime could not be started.
    #[error("can't start the threads")]
    Threads(#[source] io::Error),
    /// A part panicked; the log says where.
    #[error("a part panicked while starting; the log says where")]
    Panicked,
}

impl ComposeFault {
    /// Whether it was refused before anything was done: what was asked for can't be, and nothing was touched.
    #[must_use]
    pub const fn refuses(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageFault::InUse { .. })
                | Self::Book {
                    source: BookFault::InUse { .. },
                    ..
                }
                | Self::Listen { .. }
                | Self::NotADemo { .. }
                | Self::Drill { .. }
                | Self::OtherCurrency { .. }
        )
    }
}
