//! The error of opening, using and closing a data folder.
//!
//! Each variant names the path that it concerns. Must not: decide how the program reacts.

use std::path::{Path, PathBuf};

use campusg_domain::settings::BrokenRule;

use crate::disk::is_full_disk;
use crate::journal::JournalFault;
use crate::photo::PhotoFault;
use crate::snapshot::SnapshotFault;
use crate::vault::VaultFault;

/// Why the store could not be opened, or not be closed in order.
#[derive(Debug, thiserror::Error)]
pub enum StorageFault {
    /// A setting is out of its range.
    #[error("storage.{0}")]
    Config(BrokenRule),
    /// Another process is using the folder.
    #[error(
        "the data folder is in use by another process, which holds {path}: stop that one, or name another folder with --data"
    )]
    InUse {
        /// The lock file that the other process holds.
        path: PathBuf,
    },
    /// The folder is not writable.
    #[error("the data folder {path} can't be written to")]
    Unwritable {
        /// The file or folder that could not be written.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A newer program wrote the folder.
    #[error("{path} was written by a newer version: format {found}, this program knows {known}")]
    Newer {
        /// The file that has the newer format.
        path: PathBuf,
        /// The format of the folder.
        found: u64,
        /// The newest format that this program reads.
        known: u64,
    },
    /// An older program wrote the folder, in a format that is no longer read.
    #[error(
        "{path} was written by an older version: format {found}, this program reads format {known} only; \
         serve the folder with the version that wrote it, or name another one with --data"
    )]
    Older {
        /// The file that has the older format.
        path: PathBuf,
        /// The format of the folder.
        found: u64,
        /// The only format that this program reads.
        known: u64,
    },
    /// Acknowledged data, or something needed to read it, is lost.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The damaged file or folder.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// The journal ends before a record that was acknowledged. Nothing was changed.
    #[error(
        "the journal in {path} ends at record {last}, but record {known} was acknowledged: \
         restore the journal from a backup"
    )]
    JournalBehind {
        /// The journal's folder.
        path: PathBuf,
        /// Its last record; 0 if it has none.
        last: u64,
        /// The last record that the snapshots, or the mark of the last stop, contain.
        known: u64,
    },
    /// A folder that was in use has no journal. Nothing was changed.
    #[error(
        "there is no journal in {path}, and the data folder was in use: restore the journal from a backup"
    )]
    JournalLost {
        /// The folder where the journal should be.
        path: PathBuf,
    },
    /// The disk has no room for the first journal segment, or for what the snapshots have to write.
    #[error("the disk has no room for {path}")]
    Full {
        /// The file or folder that did not fit.
        path: PathBuf,
    },
    /// The journal could not be read or written.
    #[error("the journal in {path} failed")]
    Journal {
        /// The journal's folder.
        path: PathBuf,
        /// The fault of the journal.
        source: JournalFault,
    },
    /// The snapshots could not be read or written.
    #[error("the snapshots in {path} failed")]
    Snapshot {
        /// The data folder.
        path: PathBuf,
        /// The fault of the snapshots.
        source: SnapshotFault,
    },
    /// The key files could not be read or written.
    #[error(transparent)]
    Vault(#[from] VaultFault),
    /// The photos could not be read or written.
    #[error(transparent)]
    Photo(#[from] PhotoFault),
    /// A thread had to give up before the store was stopped; nothing acknowledged is lost.
    #[error("the store in {path} had ended before it was stopped")]
    Ended {
        /// The data folder.
        path: PathBuf,
    },
    /// A file could not be read, or a thread could not be started.
    #[error("can't {doing} {path}")]
    Io {
        /// The operation that failed, as an infinitive.
        doing: &'static str,
        /// The file or folder that it concerned.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl StorageFault {
    /// Returns the fault for an error of the operating system at `path`.
    pub(crate) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_path_buf();
        if is_full_disk(&source) {
            return Self::Full { path };
        }
        Self::Io {
            doing,
            path,
            source,
        }
    }

    /// Returns the fault for a fault of the journal in the folder `path`.
    pub(crate) fn journal(path: &Path, fault: JournalFault) -> Self {
        let in_full = |fault: &JournalFault| fault.to_string();
        match fault {
            JournalFault::Locked { path } => Self::InUse { path },
            JournalFault::UnknownVersion {
                segment, version, ..
            } => Self::Newer {
                path: segment,
                found: u64::from(version),
                known: 1,
            },
            JournalFault::Damaged { ref segment, .. } => Self::Damaged {
                path: segment.clone(),
                detail: in_full(&fault),
            },
            JournalFault::MissingSegment { ref dir, .. } => Self::Damaged {
                path: dir.clone(),
                detail: in_full(&fault),
            },
            JournalFault::StorageFull { dir, .. } => Self::Full { path: dir },
            source => Self::Journal {
                path: path.to_path_buf(),
                source,
            },
        }
    }

    /// Returns the fault for a fault of the snapshots in the data folder `path`.
    pub(crate) fn snapshot(path: &Path, fault: SnapshotFault) -> Self {
        match fault {
            SnapshotFault::Full { path } => Self::Full { path },
            SnapshotFault::Io {
                doing,
                path,
                source,
            } => Self::io(doing, &path, source),
            SnapshotFault::Journal(fault) => Self::journal(&path.join("journal"), fault),
            SnapshotFault::Record { seq, source } if source.is_newer() => {
                tracing::error!(seq = seq.0, error = %source, "a record is too new");
                Self::Newer {
                    path: path.join("journal"),
                    found: source.found(),
                    known: 1,
                }
            }
            SnapshotFault::Record { seq, source } => Self::Damaged {
                path: path.join("journal"),
                detail: format!("record {seq} can't be decoded: {source}"),
            },
            source => Self::Snapshot {
                path: path.to_path_buf(),
                source,
            },
        }
    }
}
