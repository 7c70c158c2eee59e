//! The journal: one append-only, hash-chained sequence of records. A record is acknowledged only once it is durable.
//!
//! It consists of segment files, their sparse indexes, and the one thread that writes. Payloads are opaque to it.
//!
//! ```text
//! group   magic u32 · version u16 · count u16 · body_len u32 · crc32c(header) u32
//!         · first_seq u64 · written_ms u64 · prev_head [32]                          = 64 bytes
//! record  len u32 · kind u8 · codec u8 · schema u16 · crc32c u32 · payload           = 12 bytes + payload
//! ```
//! All integers are little endian. The chain head is blake3(previous head ‖ whole group). Sequence numbers start at 1
//! and have no gaps. The 64 bytes of a group header keep their places in every future version, so that an older
//! program recognises a newer journal and refuses it.
//!
//! The first segment is small, and each next one twice as large, up to the configured size. A segment's size is the
//! size of its file, and is stored nowhere else.
//!
//! Invariants: a group is one write and one `fdatasync`; nobody is notified of a record before that sync has
//! returned; after a failed write or sync nothing is ever written again; only the last group of the last segment can
//! be torn, and only this group is ever cut.

pub mod committer;
mod fault;
mod format;
mod group;
mod index;
mod open;
mod reader;
mod records;
mod scan;
mod sealed;
mod space;
mod verify;
mod writer;

pub use committer::{
    Ack, Batch, CommitFault, CommitQueue, CommitStats, Committer, CommitterOptions, Fatal, Fold,
    Payload,
};
pub use fault::{Flaw, JournalFault};
pub use format::{ChainHead, GENESIS, MAX_BODY_BYTES, MAX_PAYLOAD_BYTES, RecordTag};
pub use group::GroupBuffer;
pub use open::{Cut, Looked, Opened};
pub use reader::JournalReader;
pub use records::{Records, Stored};
pub use verify::{Progress, Verified, verify};
pub use writer::{Appended, Journal, JournalOptions, RawRecord};
