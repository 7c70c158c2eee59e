//! Reads the idempotency keys of the last 24 hours from the end of the journal.
//!
//! Must not: ask a snapshot. The journal alone says which keys were used, so keys outlive a kill and a rebuild.

use campusg_domain::{
    id::Seq,
    keys::{KEPT_MS, Keys},
    time::{At, HOUR_MS},
};

use crate::codec::{Head, decode_head};
use crate::journal::{JournalReader, Stored};
use crate::snapshot::SnapshotFault;

/// How far apart the records are that are looked at to find the beginning.
const STRIDE: u64 = 4_096;
/// How much the times of records may be out of order: records of several streams are decided at once, and each of them is
/// under way for seconds at most.
const SLACK_MS: u64 = HOUR_MS;

/// Folds the keys of every record of the last 24 hours, counted from the journal's last record.
pub(crate) fn read(reader: &JournalReader) -> Result<Keys, SnapshotFault> {
    let mut keys = Keys::default();
    let (last, _) = reader.head();
    let begin = at(reader, last)?.minus(KEPT_MS + SLACK_MS);
    let mut from = last;
    while from > 1 && at(reader, from)? >= begin {
        from = from.saturating_sub(STRIDE).max(1);
    }
    for stored in reader.read_from(from) {
        let stored = stored?;
        let head = head(&stored)?;
        if head.keyed {
            let used = (Seq(stored.seq), head.at);
            keys.note(head.principal.user(), head.command, head.fingerprint, used);
        }
    }
    Ok(keys)
}

/// Returns when a record was decided; the beginning of time if there is none.
fn at(reader: &JournalReader, seq: u64) -> Result<At, SnapshotFault> {
    let stored = reader.read_at(seq)?;
    let head = stored.as_ref().map(head).transpose()?;
    Ok(head.map_or(At(0), |head| head.at))
}

fn head(stored: &Stored) -> Result<Head, SnapshotFault> {
    decode_head(stored.tag, &stored.payload).map_err(|source| SnapshotFault::Record {
        seq: Seq(stored.seq),
        source,
    })
}
