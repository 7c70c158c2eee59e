//! Why a data folder can't be used.
//!
//! Owns the closed set of faults, each naming its path. Must not decide what to do about them.

use std::path::{Path, PathBuf};

use campusg_domain::settings::BrokenRule;

use crate::disk::is_full_disk;
use crate::journal::JournalFault;
use crate::photo::PhotoFault;
use crate::snapshot::SnapshotFault;
use crate::vault::VaultFault;

/// Why the store could not be opened or ended.
#[derive(Debug, thiserror::Error)]
pub enum StorageFault {
    /// A setting is outside its range.
    #[error("storage.{0}")]
    Config(BrokenRule),
    /// Another process uses the folder.
    #[error(
        "the data folder is in use by another process, which holds {path}: stop that one, or name another folder with --data"
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The folder can't be written to.
    #[error("the data folder {path} can't be written to")]
    Unwritable {
        /// What could not be written.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A newer program wrote the folder.
    #[error("{path} was written by a newer version: format {found}, this program knows {known}")]
    Newer {
        /// What says so.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The newest format known.
        known: u64,
    },
    /// An older program wrote the folder, in a layout that is no longer read.
    #[error(
        "{path} was written by an older version: format {found}, this program reads format {known} only; \
         serve the folder with the version that wrote it, or name another one with --data"
    )]
    Older {
        /// What says so.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The only format known.
        known: u64,
    },
    /// Something that was acknowledged, or is needed to read it, is lost.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// What is damaged.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// The journal ends before a record that was acknowledged. Nothing was touched.
    #[error(
        "the journal in {path} ends at record {last}, but record {known} was acknowledged: \
         restore the journal from a backup"
    )]
    JournalBehind {
        /// The journal's folder.
        path: PathBuf,
        /// Its last record, 0 if it has none.
        last: u64,
        /// The last record that the snapshots, or the mark of the last stop, know.
        known: u64,
    },
    /// A folder that was in use has no journal. Nothing was touched.
    #[error(
        "there is no journal in {path}, and the data folder was in use: restore the journal from a backup"
    )]
    JournalLost {
        /// Where it should be.
        path: PathBuf,
    },
    /// The disk has no room for the first segment, or for what the snapshots have to write.
    #[error("the disk has no room for {path}")]
    Full {
        /// What did not fit.
        path: PathBuf,
    },
    /// The journal could not be read or written.
    #[error("the journal in {path} failed")]
    Journal {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        source: JournalFault,
    },
    /// The snapshots could not be read or written.
    #[error("the snapshots in {path} failed")]
    Snapshot {
        /// The data folder.
        path: PathBuf,
        /// What is wrong.
        source: SnapshotFault,
    },
    /// The keys could not be read or written.
    #[error(transparent)]
    Vault(#[from] VaultFault),
    /// The photos could not be read or written.
    #[error(transparent)]
    Photo(#[from] PhotoFault),
    /// The service had to give up before it was stopped; nothing acknowledged is lost.
    #[error("the store in {path} had ended before it was stopped")]
    Ended {
        /// The data folder.
        path: PathBuf,
    },
    /// A file could not be read, or a thread not be started.
    #[error("can't {doing} {path}")]
    Io {
        /// What failed.
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl StorageFault {
    /// Names what a failure of the operating system means for the file at `path`.
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

    /// Names what a fault of the journal means for the folder at `path`.
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

    /// Names what a fault of the snapshots means for the data folder at `path`.
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
