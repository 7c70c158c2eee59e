//! The errors of the snapshots.
//!
//! Must not: decide how the program reacts.

use std::path::{Path, PathBuf};

use campusg_domain::id::Seq;

use crate::codec::CodecFault;
use crate::disk::is_full_disk;
use crate::journal::JournalFault;

/// Why the snapshots could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFault {
    /// A store is still being opened and checked.
    #[error("the snapshot store {path} is still being opened and checked")]
    Opening {
        /// The store's folder.
        path: PathBuf,
    },
    /// A store is not what was written. It is rebuilt from the journal.
    #[error("the snapshot store {path} is damaged: {detail}")]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A store failed for a reason that lies outside of its files.
    #[error("the snapshot store {path} failed")]
    Store {
        /// The store's folder.
        path: PathBuf,
        /// sled's own error.
        source: sled::Error,
    },
    /// The disk has no room for what a store has to write; what it has can be read.
    #[error("the disk has no room for {path}")]
    Full {
        /// The store's folder, or the file.
        path: PathBuf,
    },
    /// The journal could not be read.
    #[error("the journal can't be read")]
    Journal(#[from] JournalFault),
    /// A record of the journal could not be decoded.
    #[error("record {seq} can't be decoded")]
    Record {
        /// The sequence number of the record.
        seq: Seq,
        /// Why the bytes can't be decoded.
        source: CodecFault,
    },
    /// A photo could not be read.
    #[error(transparent)]
    Photo(#[from] crate::photo::PhotoFault),
    /// A file beside the stores could not be read or written.
    #[error("can't {doing} {path}")]
    Io {
        /// The operation that failed, as an infinitive.
        doing: &'static str,
        /// The file that was accessed.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl SnapshotFault {
    /// Returns the fault for an error of sled in the store at `path`.
    pub(crate) fn of_sled(path: &Path, source: sled::Error) -> Self {
        let path = path.to_path_buf();
        match source {
            sled::Error::Io(error) if is_full_disk(&error) => Self::Full { path },
            source if is_environment(&source) => Self::Store { path, source },
            source => Self::damaged(&path, source.to_string()),
        }
    }

    pub(crate) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            detail: detail.into(),
        }
    }

    /// Whether a rebuild from the journal repairs it.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Whether it passes without a hand: what could not be read can be read shortly.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Opening { .. } | Self::Damaged { .. } | Self::Full { .. }
        )
    }

    /// Whether free space on the disk repairs it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Io { source, .. } => is_full_disk(source),
            _ => false,
        }
    }

    /// Returns the message with those of every cause.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(deeper) = cause {
            text = format!("{text}: {deeper}");
            cause = deeper.source();
        }
        text
    }
}

/// Whether an error of sled is due to the machine and not to the content of the files.
fn is_environment(error: &sled::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match error {
        sled::Error::Io(io) => {
            matches!(io.kind(), PermissionDenied | ReadOnlyFilesystem)
                || is_full_disk(io)
                || io.to_string().contains("could not acquire lock")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::io;

    #[test]
    fn a_full_disk_is_no_damage_however_sled_says_it() {
        let path = Path::new("data/hot");
        let no_space = || sled::Error::Io(io::Error::from_raw_os_error(28));
        let kind = || sled::Error::Io(io::ErrorKind::StorageFull.into());
        // sled returns copies of its first error, which lack the system's error number.
        for error in [no_space(), no_space().clone(), kind(), kind().clone()] {
            let fault = SnapshotFault::of_sled(path, error);
            assert!(fault.is_full() && !fault.is_damage(), "{fault:?}");
            assert!(fault.to_string().contains("data/hot"), "{fault}");
        }
        let beside = SnapshotFault::Io {
            doing: "write",
            path: "data/TRUST".into(),
            source: io::Error::from_raw_os_error(28),
        };
        assert!(beside.is_full() && !beside.is_damage());
        for error in [
            sled::Error::ReportableBug("bug".into()),
            sled::Error::Io(io::ErrorKind::UnexpectedEof.into()),
        ] {
            let fault = SnapshotFault::of_sled(path, error);
            assert!(!fault.is_full() && fault.is_damage(), "{fault:?}");
        }
    }
}
