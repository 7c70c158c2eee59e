//! Commits a record to the journal.

use crate::{owners::Reservation, refusal::Refusal};
use campusg_domain::record::Record;
use campusg_storage::journal::{Ack, CommitFault, CommitQueue};
use tokio::sync::oneshot;

impl From<CommitFault> for Refusal {
    fn from(fault: CommitFault) -> Self {
        match fault {
            CommitFault::StorageFull => Self::StorageFull,
            CommitFault::Closed => Self::Stopping,
            CommitFault::TooLarge => Self::Fault,
        }
    }
}

/// Queues a record and waits until it is durable and folded by every owner.
///
/// The commit takes over the reservation `held`, even if the caller is dropped: folding the record ends it, and if
/// the record will never be written, it is released.
///
/// # Errors
/// `StorageFull`, `Stopping` or `Fault` if the record was not and never will be written. `Unknown` if the process is
/// about to end.
pub(crate) async fn commit(
    queue: &CommitQueue<Record>,
    record: Record,
    held: Option<Reservation>,
) -> Result<Ack, Refusal> {
    let (acked, ack) = oneshot::channel();
    queue.submit(record, move |result| {
        match (&result, held) {
            (Ok(_), Some(held)) => held.ended_by_its_record(),
            (_, held) => drop(held),
        }
        // An error only means that the caller is gone.
        let _ = acked.send(result);
    });
    match ack.await {
        Ok(result) => result.map_err(Refusal::from),
        Err(_) => Err(Refusal::Unknown),
    }
}
