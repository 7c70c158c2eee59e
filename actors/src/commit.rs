//! The way of a record into the journal.

use crate::runtime::Refusal;
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
/// # Errors
/// `StorageFull`, `Stopping` or `Fault`: it was not written and never will be. `Unknown`: the process is about to end.
pub(crate) async fn commit(queue: &CommitQueue<Record>, record: Record) -> Result<Ack, Refusal> {
    let (acked, ack) = oneshot::channel();
    queue.submit(record, move |result| {
        // A caller who has left needs no answer.
        let _ = acked.send(result);
    });
    match ack.await {
        Ok(result) => result.map_err(Refusal::from),
        Err(_) => Err(Refusal::Unknown),
    }
}
