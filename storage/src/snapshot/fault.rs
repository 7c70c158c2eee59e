//! What can be wrong with the snapshots.
//!
//! Owns the closed set of faults. Must not decide what to do about them.

use std::path::PathBuf;

use campusg_domain::id::Seq;

use crate::codec::CodecFault;
use crate::journal::JournalFault;

/// Why something could not be read from, or folded into, the snapshots.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFault {
    /// The archive is still being opened.
    #[error("the archive is still being opened")]
    ArchiveOpening,
    /// The archive could not be opened; the next start rebuilds it from the journal.
    #[error("the archive {path} is damaged: {detail}")]
    ArchiveDamaged {
        /// Its folder.
        path: PathBuf,
        /// What sled says.
        detail: String,
    },
    /// A store failed; the next start rebuilds it from the journal if it is damaged.
    #[error("the snapshot store {path} failed")]
    Store {
        /// Its folder.
        path: PathBuf,
        /// What sled says.
        source: sled::Error,
    },
    /// A value is not what was written.
    #[error("a snapshot value under {key:?} is damaged")]
    Value {
        /// The key, as text where it is text.
        key: String,
        /// What is wrong.
        source: CodecFault,
    },
    /// The journal could not be read.
    #[error("the journal can't be read")]
    Journal(#[from] JournalFault),
    /// A record of the journal could not be read.
    #[error("record {seq} can't be decoded")]
    Record {
        /// Its sequence.
        seq: Seq,
        /// What is wrong.
        source: CodecFault,
    },
    /// A photo could not be read.
    #[error(transparent)]
    Photo(#[from] crate::photo::PhotoFault),
    /// A file beside the stores could not be read or written.
    #[error("can't {doing} {path}")]
    Io {
        /// What failed.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl SnapshotFault {
    /// Whether a rebuild from the journal puts it right.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::ArchiveDamaged { .. } | Self::Value { .. } => true,
            Self::Store { source, .. } => !is_environment(source),
            Self::ArchiveOpening
            | Self::Journal(_)
            | Self::Record { .. }
            | Self::Photo(_)
            | Self::Io { .. } => false,
        }
    }
}

/// Whether a failure of sled says something about the machine and nothing about the files' content.
fn is_environment(error: &sled::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
    match error {
        sled::Error::Io(io) => {
            matches!(
                io.kind(),
                PermissionDenied | StorageFull | ReadOnlyFilesystem
            ) || io.to_string().contains("could not acquire lock")
        }
        _ => false,
    }
}
