//! What can be wrong with a journal.
//!
//! Owns the closed set of faults and the place each one names. Must not decide what to do about
//! them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the journal can't do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum JournalFault {
    /// Another process (or another `Journal`) has this one open.
    #[error("the journal is in use by another process: lock file {path}")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no journal in this directory.
    #[error("no journal in {dir}")]
    NoJournal {
        /// The directory.
        dir: PathBuf,
    },
    /// Bytes that were acknowledged are not what was written.
    #[error(
        "journal damaged: {flaw} in segment {segment} at offset {offset}, sequence {sequence}: \
         restore it from a backup"
    )]
    Damaged {
        /// The segment file.
        segment: PathBuf,
        /// Where the damaged group or record starts, in bytes.
        offset: u64,
        /// The first sequence that can't be trusted.
        sequence: u64,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// A segment that must exist does not.
    #[error(
        "journal damaged: the segment that holds sequence {sequence} is missing in {dir}: \
         restore it from a backup"
    )]
    MissingSegment {
        /// The journal's directory.
        dir: PathBuf,
        /// The first sequence that is missing.
        sequence: u64,
    },
    /// The journal was written by a newer program.
    #[error("unknown journal format version {version} in segment {segment} at offset {offset}")]
    UnknownVersion {
        /// The segment file.
        segment: PathBuf,
        /// Where the group starts, in bytes.
        offset: u64,
        /// The version it names.
        version: u16,
    },
    /// No room for another segment. Nothing was written, and appending works again once there is.
    #[error("the disk under {dir} has no room for a journal segment of {bytes} bytes")]
    StorageFull {
        /// The journal's directory.
        dir: PathBuf,
        /// The size of a segment, in bytes.
        bytes: u64,
    },
    /// A write or sync failed now or earlier. Nothing more will be written; the process must end.
    #[error("the journal is broken: {doing} {path}")]
    Broken {
        /// What failed.
        doing: &'static str,
        /// The file it was done to.
        path: PathBuf,
        /// The operating system's answer.
        source: Arc<io::Error>,
    },
    /// A group that does not fit. Nothing was written.
    #[error("a group of {bytes} bytes of records is over the limit of {limit}")]
    GroupTooLarge {
        /// The records' bytes, headers included.
        bytes: u64,
        /// The most this journal takes in one group.
        limit: u64,
    },
    /// A group without records, or with more than 65,535. Nothing was written.
    #[error("a group can't hold {count} records")]
    GroupCount {
        /// The number of records.
        count: usize,
    },
    /// Options no journal can work with.
    #[error("a segment of {bytes} bytes is outside 4 KiB to 1 GiB")]
    SegmentSize {
        /// The size asked for.
        bytes: u64,
    },
    /// Reading or preparing failed; nothing that was acknowledged is affected.
    #[error("can't {doing} {path}")]
    Io {
        /// What failed.
        doing: &'static str,
        /// The file it was done to.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl JournalFault {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// What is wrong at a place in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// No group header, or one with a wrong checksum.
    #[error("unreadable group header")]
    GroupHeader,
    /// A group without records, or larger than any group may be.
    #[error("impossible group length")]
    GroupLength,
    /// A group that goes on after the end of its segment.
    #[error("group cut off by the end of the segment")]
    Truncated,
    /// A record that ends after its group.
    #[error("impossible record length")]
    RecordLength,
    /// A record whose bytes are not the ones that were written.
    #[error("wrong record checksum")]
    RecordChecksum,
    /// More bytes than the group's records have.
    #[error("wrong record count")]
    RecordCount,
    /// A group that does not follow on the group before it.
    #[error("broken hash chain")]
    Chain,
    /// A sequence that is not the one after the last.
    #[error("gap in the sequence")]
    Sequence,
    /// Bytes after the last group where only zeros may be.
    #[error("bytes after the last group")]
    Trailing,
}

impl Flaw {
    /// Whether a write the power interrupted can look like this.
    pub(super) fn can_be_torn(self) -> bool {
        match self {
            Self::GroupHeader
            | Self::Truncated
            | Self::RecordLength
            | Self::RecordChecksum
            | Self::Trailing => true,
            // A header and records with right checksums were written like this.
            Self::GroupLength | Self::RecordCount | Self::Chain | Self::Sequence => false,
        }
    }
}
