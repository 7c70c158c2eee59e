//! The error of starting or stopping a server. Each variant names the path, the address or the part.

use super::time;
use campusg_actors::runtime::{Refusal, StartFault};
use campusg_sandbox::BookFault;
use campusg_storage::{StorageFault, snapshot::SnapshotFault};
use std::{io, net::SocketAddr, path::PathBuf};

/// Why the server could not start, or did not stop in order.
#[derive(Debug, thiserror::Error)]
pub enum ComposeFault {
    /// The data folder could not be opened or closed.
    #[error(transparent)]
    Storage(#[from] StorageFault),
    /// The clock does not go on from where the journal ends.
    #[error(
        "the newest record in the journal is of {newest}, and the clock shows {shown}, {apart}: if the clock is wrong, set it right; if it is right now, accept it with `campusg serve --accept-clock {newest} --accepted-by NAME`"
    )]
    Clock {
        /// The journal's newest time.
        newest: String,
        /// What the clock shows.
        shown: String,
        /// How far the clock is from it, and to which side.
        apart: String,
    },
    /// The runtime could not start.
    #[error(transparent)]
    Start(StartFault),
    /// The address can't be listened on.
    #[error("can't listen on {address}: name another address, or port 0 for any that is free")]
    Listen {
        /// The configured address and port.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The sandbox gateway's book can't be opened.
    #[error("can't open the sandbox gateway's book {path}")]
    Book {
        /// The file of the book.
        path: PathBuf,
        /// Why the book can't be used.
        source: BookFault,
    },
    /// The sandbox gateway's book lacks what was answered from it.
    #[error(
        "the sandbox gateway's book {path} lacks call {key}, which was answered from it: restore the book from a backup, or start with sandbox.book_may_be_lost=true, if its play money may be lost"
    )]
    BookLacks {
        /// The file of the book.
        path: PathBuf,
        /// The call's key.
        key: String,
    },
    /// The journal can't be read.
    #[error("the journal can't be read")]
    Unreadable(#[source] SnapshotFault),
    /// `--demo` was given on a folder with other data.
    #[error(
        "{path} is not a demo's data folder: name another one with --data, or leave --demo out"
    )]
    NotADemo {
        /// The data folder.
        path: PathBuf,
    },
    /// A drill is configured on a server with a real clock.
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
        /// The currency of the folder.
        kept: String,
        /// The currency that is configured.
        asked: String,
    },
    /// A file in the data folder is not what was written.
    #[error("{path} is damaged: {detail}: restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A file in the data folder can't be read or written.
    #[error("can't use {path}")]
    DataFile {
        /// The file that can't be used.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Creating the demo data was refused.
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
    /// A part panicked while starting; the log says where.
    #[error("a part panicked while starting; the log says where")]
    Panicked,
}

impl From<StartFault> for ComposeFault {
    fn from(fault: StartFault) -> Self {
        match fault {
            StartFault::Clock { newest, shown } => Self::Clock {
                newest: time::write(newest),
                shown: time::write(shown),
                apart: if shown < newest {
                    format!("{} earlier", time::span(newest.since(shown)))
                } else {
                    format!("{} later", time::span(shown.since(newest)))
                },
            },
            StartFault::Storage(_)
            | StartFault::Thread(_)
            | StartFault::Arbiters
            | StartFault::Boot(_)
            | StartFault::NoTokio => Self::Start(fault),
        }
    }
}

impl ComposeFault {
    /// Whether the start was refused before anything was changed.
    #[must_use]
    pub const fn refuses(&self) -> bool {
        match self {
            Self::Storage(fault) => is_found(fault),
            Self::Book { source, .. } => match source {
                BookFault::InUse { .. }
                | BookFault::NotABook { .. }
                | BookFault::Damaged { .. } => true,
                BookFault::Io { .. } => false,
            },
            Self::BookLacks { .. }
            | Self::Clock { .. }
            | Self::Listen { .. }
            | Self::NotADemo { .. }
            | Self::Drill { .. }
            | Self::OtherCurrency { .. }
            | Self::Damaged { .. } => true,
            Self::Start(StartFault::Storage(fault)) => is_found(fault),
            _ => false,
        }
    }
}

/// Whether it was found by looking at the data folder, before anything in it was changed.
const fn is_found(fault: &StorageFault) -> bool {
    match fault {
        StorageFault::Config(_)
        | StorageFault::InUse { .. }
        | StorageFault::Unwritable { .. }
        | StorageFault::Newer { .. }
        | StorageFault::Older { .. }
        | StorageFault::Damaged { .. }
        | StorageFault::JournalBehind { .. }
        | StorageFault::JournalLost { .. }
        | StorageFault::Journal { .. }
        | StorageFault::Vault(_) => true,
        StorageFault::Full { .. }
        | StorageFault::Snapshot { .. }
        | StorageFault::Photo(_)
        | StorageFault::Ended { .. }
        | StorageFault::Io { .. } => false,
    }
}
