//! Why a data folder can't be used.
//!
//! Owns the closed set of faults, each naming its path. Must not decide what to do about them.

use std::path::PathBuf;

use crate::config::ConfigFault;
use crate::journal::JournalFault;
use crate::photo::PhotoFault;
use crate::snapshot::SnapshotFault;
use crate::vault::VaultFault;

/// Why the store could not be opened or ended.
#[derive(Debug, thiserror::Error)]
pub enum StorageFault {
    /// A setting is outside its range.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// Another process uses the folder.
    #[error("the data folder is in use by another process: lock file {path}")]
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
    /// Something that was acknowledged, or is needed to read it, is lost.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// What is damaged.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// The disk has no room even for the first segment.
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
    /// Names what a fault of the journal means for the folder at `path`.
    pub(crate) fn journal(path: &std::path::Path, fault: JournalFault) -> Self {
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
    pub(crate) fn snapshot(path: &std::path::Path, fault: SnapshotFault) -> Self {
        match fault {
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
