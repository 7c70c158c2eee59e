//! What can be wrong with the snapshots.
//!
//! Owns the closed set of faults. Must not decide what to do about them.

use std::path::{Path, PathBuf};

use campusg_domain::id::Seq;

use crate::codec::CodecFault;
use crate::disk::is_full_disk;
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
    /// The disk has no room for what a store has to write; what it has can be read.
    #[error("the disk has no room for {path}")]
    Full {
        /// Its folder, or the file.
        path: PathBuf,
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
    /// What a failure of sled in the store at `path` means.
    pub(crate) fn of_sled(path: &Path, source: sled::Error) -> Self {
        let path = path.to_path_buf();
        match source {
            sled::Error::Io(error) if is_full_disk(&error) => Self::Full { path },
            source => Self::Store { path, source },
        }
    }

    /// A panic of sled, which comes of damaged files.
    pub(crate) fn panicked(path: &Path) -> Self {
        Self::of_sled(path, sled::Error::ReportableBug("it panicked".into()))
    }

    /// Whether a rebuild from the journal puts it right.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::ArchiveDamaged { .. } | Self::Value { .. } => true,
            Self::Store { source, .. } => !is_environment(source),
            Self::ArchiveOpening
            | Self::Full { .. }
            | Self::Journal(_)
            | Self::Record { .. }
            | Self::Photo(_)
            | Self::Io { .. } => false,
        }
    }

    /// Whether room on the disk puts it right.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Io { source, .. } => is_full_disk(source),
            _ => false,
        }
    }

    /// What is wrong, with every cause.
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

/// Whether a failure of sled says something about the machine and nothing about the files' content.
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
        // sled hands out copies of its first error, which have lost the system's number.
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
