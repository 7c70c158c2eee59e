//! The errors of the journal, each with the place that it concerns.
//!
//! Must not: decide how the program reacts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why an operation of the journal failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalFault {
    /// The journal is open in another process, or in another `Journal`.
    #[error("the journal is in use by another process: lock file {path}")]
    Locked {
        /// The lock file that the other holder has.
        path: PathBuf,
    },
    /// The directory contains no journal.
    #[error("no journal in {dir}")]
    NoJournal {
        /// Where a journal was expected.
        dir: PathBuf,
    },
    /// Acknowledged bytes are not what was written.
    #[error(
        "journal damaged: {flaw} in segment {segment} at offset {offset}, sequence {sequence}: \
         restore it from a backup"
    )]
    Damaged {
        /// The damaged segment file.
        segment: PathBuf,
        /// Where the damaged group or record starts, in bytes.
        offset: u64,
        /// The first sequence number that can't be trusted.
        sequence: u64,
        /// What is wrong at that offset.
        flaw: Flaw,
    },
    /// A segment that must exist is missing.
    #[error(
        "journal damaged: the segment that holds sequence {sequence} is missing in {dir}: \
         restore it from a backup"
    )]
    MissingSegment {
        /// The journal's directory.
        dir: PathBuf,
        /// The first sequence number that is missing.
        sequence: u64,
    },
    /// A newer program wrote the journal.
    #[error("unknown journal format version {version} in segment {segment} at offset {offset}")]
    UnknownVersion {
        /// The segment file with the newer group.
        segment: PathBuf,
        /// Where the group starts, in bytes.
        offset: u64,
        /// The version in the group's header.
        version: u16,
    },
    /// The disk has no room for another segment. Nothing was written, and appending works again once there is room.
    #[error("the disk under {dir} has no room for a journal segment of {bytes} bytes")]
    StorageFull {
        /// The journal's directory.
        dir: PathBuf,
        /// The size of the segment in bytes.
        bytes: u64,
    },
    /// A write or sync has failed, now or earlier. Nothing more will be written; the process must end.
    #[error("the journal is broken: {doing} {path}")]
    Broken {
        /// The operation that failed, as an infinitive.
        doing: &'static str,
        /// The file that it concerned.
        path: PathBuf,
        /// The error of the operating system.
        source: Arc<io::Error>,
    },
    /// The group is larger than this journal accepts. Nothing was written.
    #[error("a group of {bytes} bytes of records is over the limit of {limit}")]
    GroupTooLarge {
        /// The size of the records in bytes, including headers.
        bytes: u64,
        /// The largest accepted size in bytes.
        limit: u64,
    },
    /// The group has no records, or more than 65,535. Nothing was written.
    #[error("a group can't hold {count} records")]
    GroupCount {
        /// How many records the group has.
        count: usize,
    },
    /// The configured segment size is out of range.
    #[error("a segment of {bytes} bytes is outside 4 KiB to 1 GiB")]
    SegmentSize {
        /// The configured size in bytes.
        bytes: u64,
    },
    /// Reading or preparing a file failed; nothing that was acknowledged is affected.
    #[error("can't {doing} {path}")]
    Io {
        /// The operation that failed, as an infinitive.
        doing: &'static str,
        /// The file that it concerned.
        path: PathBuf,
        /// The error of the operating system.
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
    /// There is no group header, or its checksum is wrong.
    #[error("unreadable group header")]
    GroupHeader,
    /// The group has no records, or is larger than the largest group.
    #[error("impossible group length")]
    GroupLength,
    /// The group continues beyond the end of its segment.
    #[error("group cut off by the end of the segment")]
    Truncated,
    /// A record continues beyond the end of its group.
    #[error("impossible record length")]
    RecordLength,
    /// A record's bytes are not those that were written.
    #[error("wrong record checksum")]
    RecordChecksum,
    /// The group has more bytes than its records.
    #[error("wrong record count")]
    RecordCount,
    /// The group does not name the hash of the group before it.
    #[error("broken hash chain")]
    Chain,
    /// The sequence number is not the one after the last.
    #[error("gap in the sequence")]
    Sequence,
    /// There are bytes other than zeros after the last group.
    #[error("bytes after the last group")]
    Trailing,
}

impl Flaw {
    /// Whether a write that a power loss interrupted can look like this.
    pub(super) fn can_be_torn(self) -> bool {
        match self {
            Self::GroupHeader
            | Self::Truncated
            | Self::RecordLength
            | Self::RecordChecksum
            | Self::Trailing => true,
            // A group with correct checksums was written as it is, so these flaws are not torn writes.
            Self::GroupLength | Self::RecordCount | Self::Chain | Self::Sequence => false,
        }
    }
}
