//! Commits a record to the journal.

use crate::{keys::KeyClaim, owners::Reservation, refusal::Refusal};
use campusg_domain::{id::Seq, record::Record};
use campusg_storage::journal::{Ack, CommitFault, CommitQueue};
use std::sync::{Arc, OnceLock};
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

/// Where the record of a command is noted once it is durable, so that a command that is sent again, because its actor ended
/// before it answered, is known.
pub(crate) type Committed = Arc<OnceLock<Seq>>;

/// What a commit takes over, even if its caller is dropped: folding the record ends it, and if the record will never be
/// written, it is given back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) reservation: Option<Reservation>,
    pub(crate) key: Option<KeyClaim>,
}

/// Queues a record and waits until it is durable and folded by every owner.
///
///
/// # Errors
/// `StorageFull`, `Stopping` or `Fault` if the record was not and never will be written. `Unknown` if the process is
/// about to end.
pub(crate) async fn commit(
    queue: &CommitQueue<Record>,
    record: Record,
    held: Held,
    committed: Committed,
) -> Result<Ack, Refusal> {
    let (acked, ack) = oneshot::channel();
    queue.submit(record, move |result| {
        let Held { reservation, key } = held;
        match (&result, reservation) {
            (Ok(_), Some(reservation)) => reservation.ended_by_its_record(),
            (_, reservation) => drop(reservation),
        }
        drop(key);
        if let Ok(ack) = &result {
            // Nobody else sets it.
            let _ = committed.set(Seq(ack.seq));
        }
        // An error only means that the caller is gone.
        let _ = acked.send(result);
    });
    match ack.await {
        Ok(result) => result.map_err(Refusal::from),
        Err(_) => Err(Refusal::Unknown),
    }
}
