//! The way of a record into the journal.

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

/// Queues a record and waits until it is durable and every fold has it.
///
/// From here on `held` belongs to the commit and not to its caller, who may go: folding the record ends it, and a record
/// that will never be written gives it back.
///
/// # Errors
/// `StorageFull`, `Stopping` or `Fault`: it was not written and never will be. `Unknown`: the process is about to end.
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
        // A caller who has left needs no answer.
        let _ = acked.send(result);
    });
    match ack.await {
        Ok(result) => result.map_err(Refusal::from),
        Err(_) => Err(Refusal::Unknown),
    }
}
