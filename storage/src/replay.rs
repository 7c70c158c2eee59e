//! Reads records back from the journal: single ones, all of a stream, or an order or a wallet folded from its own
//! records.
//!
//! Must not: read the whole journal; it follows the links to the previous record of a stream.

use std::panic::catch_unwind;
use std::sync::Arc;

use campusg_domain::{
    id::{OrderId, Seq, Stream, UserId},
    order::Order,
    owner::wallet::Wallet,
    record::Record,
};

use crate::codec;
use crate::journal::{JournalReader, Stored};
use crate::snapshot::SnapshotFault;

/// Decodes a record of the journal.
pub(crate) fn decode(stored: &Stored) -> Result<Record, SnapshotFault> {
    let record = codec::decode_record(stored.tag, &stored.payload);
    record.map_err(|source| SnapshotFault::Record {
        seq: Seq(stored.seq),
        source,
    })
}

/// Returns the records of a stream that ends with `last`, newest first.
pub(crate) fn walk_back(
    reader: &JournalReader,
    last: Seq,
) -> impl Iterator<Item = Result<(Seq, Record), SnapshotFault>> + '_ {
    let mut next = last;
    std::iter::from_fn(move || {
        if next == Seq::NONE {
            return None;
        }
        let seq = std::mem::replace(&mut next, Seq::NONE);
        let stored = match reader.read_at(seq.0) {
            Ok(stored) => stored?,
            Err(fault) => return Some(Err(fault.into())),
        };
        Some(decode(&stored).map(|record| {
            // A link that does not point back would make this loop endless.
            next = if record.prev < seq {
                record.prev
            } else {
                Seq::NONE
            };
            (seq, record)
        }))
    })
}

/// Folds an order from its records alone, up to and including `last`.
pub(crate) fn refold(
    reader: &JournalReader,
    id: OrderId,
    last: Seq,
) -> Result<Option<Arc<Order>>, SnapshotFault> {
    let mut records: Vec<(Seq, Record)> = walk_back(reader, last).collect::<Result<_, _>>()?;
    records.reverse();
    let folded = catch_unwind(|| {
        let mut order = None;
        for (seq, record) in &records {
            if record.stream == Stream::Order(id) {
                Order::fold(&mut order, *seq, record);
            }
        }
        order
    });
    Ok(folded.ok().flatten().map(Arc::new))
}

/// Folds a wallet from its records alone, up to and including `last`.
pub(crate) fn refold_wallet(
    reader: &JournalReader,
    user: UserId,
    last: Seq,
) -> Result<Arc<Wallet>, SnapshotFault> {
    let mut records: Vec<(Seq, Record)> = walk_back(reader, last).collect::<Result<_, _>>()?;
    records.reverse();
    let mut wallet = Wallet::new(user);
    for (seq, record) in &records {
        wallet.fold(*seq, record);
    }
    Ok(Arc::new(wallet))
}
