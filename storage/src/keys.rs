//! Reads the idempotency keys of the last 24 hours from the end of the journal.
//!
//! Must not: ask a snapshot. The journal alone says which keys were used, so keys outlive a kill and a rebuild.

use campusg_domain::{
    id::Seq,
    keys::{KEPT_MS, Keys, Passed},
    time::HOUR_MS,
};

use crate::codec::{Head, decode_head};
use crate::journal::{JournalReader, Stored};
use crate::snapshot::SnapshotFault;

/// How many records are looked at at once to find the beginning.
const STRIDE: u64 = 4_096;
/// How much the times of records may be out of order: records of several streams are decided at once, and each of them is
/// under way for seconds at most.
const SLACK_MS: u64 = HOUR_MS;

/// Folds the keys of every record of the last 24 hours, counted from the journal's last record.
pub(crate) fn read(reader: &JournalReader) -> Result<Keys, SnapshotFault> {
    let mut keys = Keys::default();
    let (last, _) = reader.head();
    let (mut from, mut passed) = (last, 0);
    while from > 1 && passed < KEPT_MS + SLACK_MS {
        let begin = from.saturating_sub(STRIDE).max(1);
        passed += passed_between(reader, begin, from)?;
        from = begin;
    }
    for stored in reader.read_from(from) {
        let stored = stored?;
        let head = head(&stored)?;
        keys.pass(head.stream, head.at);
        if head.keyed {
            let caller = head.principal.user();
            keys.note(caller, head.command, head.fingerprint, Seq(stored.seq));
        }
    }
    Ok(keys)
}

/// Returns the milliseconds that passed from one record to another.
fn passed_between(reader: &JournalReader, first: u64, last: u64) -> Result<u64, SnapshotFault> {
    let mut passed = Passed::default();
    for stored in reader.read_from(first) {
        let stored = stored?;
        let head = head(&stored)?;
        passed.record(head.stream, head.at);
        if stored.seq == last {
            break;
        }
    }
    Ok(passed.ms())
}

fn head(stored: &Stored) -> Result<Head, SnapshotFault> {
    decode_head(stored.tag, &stored.payload).map_err(|source| SnapshotFault::Record {
        seq: Seq(stored.seq),
        source,
    })
}
