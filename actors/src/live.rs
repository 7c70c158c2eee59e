//! The live hub: hands every durable batch to whoever watches. It remembers nothing; the journal does.
//!
//! Invariants: a watcher who subscribes and then notes the head misses no record after it; one who falls behind is told.
//! Who follows one order is handed the batches with a record of it, and is woken by no other.

use campusg_domain::{
    id::{OrderId, Stream},
    record::Record,
};
use campusg_storage::journal::Batch;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{broadcast, mpsc};

/// Batches kept for a slow watcher.
const KEPT: usize = 4_096;

type Followed = Mutex<HashMap<OrderId, mpsc::UnboundedSender<Arc<Batch<Record>>>>>;

/// Hands batches to watchers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveHub {
    watched: broadcast::Sender<Arc<Batch<Record>>>,
    followed: Arc<Followed>,
}

/// What a watcher meets.
#[derive(Clone, Debug)]
pub enum Live {
    /// A durable batch.
    Batch(Arc<Batch<Record>>),
    /// This many batches were missed: read from the journal and go on.
    IntakeError(u64),
}

impl Default for LiveHub {
    fn default() -> Self {
        Self {
            watched: broadcast::Sender::new(KEPT),
            followed: Arc::default(),
        }
    }
}

impl LiveHub {
    /// Hands a batch to whoever watches now.
    pub fn publish(&self, batch: &Arc<Batch<Record>>) {
        let followed = lock(&self.followed);
        if !followed.is_empty() {
            let mut last = None;
            for record in &batch.records {
                if let Stream::Order(order) = record.stream
                    && last.replace(order) != Some(order)
                    && let Some(follower) = followed.get(&order)
                {
                    // An error only says that the follower is just leaving.
                    let _ = follower.send(Arc::clone(batch));
                }
            }
        }
        drop(followed);
        // An error only says that nobody watches.
        let _ = self.watched.send(Arc::clone(batch));
    }

    /// Watches from here on.
    #[must_use]
    pub fn watch(&self) -> Watching {
        Watching(self.watched.subscribe())
    }

    /// Follows one order from here on; nobody else may follow it.
    pub(crate) fn follow(&self, order: OrderId) -> Following {
        let (sender, batches) = mpsc::unbounded_channel();
        lock(&self.followed).insert(order, sender);
        Following {
            order,
            followed: Arc::clone(&self.followed),
            batches,
        }
    }
}

fn lock(
    followed: &Followed,
) -> MutexGuard<'_, HashMap<OrderId, mpsc::UnboundedSender<Arc<Batch<Record>>>>> {
    followed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A subscription to one order.
#[derive(Debug)]
pub(crate) struct Following {
    order: OrderId,
    followed: Arc<Followed>,
    batches: mpsc::UnboundedReceiver<Arc<Batch<Record>>>,
}

impl Following {
    /// The next batch with a record of the order. A batch in which other streams' records stand between two of the
    /// order may come twice: what is folded already changes nothing.
    pub(crate) async fn next(&mut self) -> Option<Arc<Batch<Record>>> {
        self.batches.recv().await
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        lock(&self.followed).remove(&self.order);
    }
}

/// A subscription to the live hub.
#[derive(Debug)]
pub struct Watching(broadcast::Receiver<Arc<Batch<Record>>>);

impl Watching {
    /// The next batch; `None` once the hub is gone.
    pub async fn next(&mut self) -> Option<Live> {
        match self.0.recv().await {
            Ok(batch) => Some(Live::Batch(batch)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Live::IntakeError(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use campusg_domain::{
        id::{CommandId, Principal, Seq},
        record::Events,
        stream::Meta,
        time::At,
    };
    use futures_util::FutureExt;

    fn batch(first_seq: u64, orders: &[u8]) -> Arc<Batch<Record>> {
        let record = |n: &u8| {
            let stream = Stream::Order(OrderId::from_bytes([*n; 16]));
            let meta = Meta::own(Principal::System, CommandId(0), "test");
            Record::of_owner(stream, Seq::NONE, At(0), &meta, Events::Order(vec![]))
        };
        Arc::new(Batch {
            first_seq,
            records: orders.iter().map(record).collect(),
            head: [0; 32],
            written_ms: 0,
        })
    }

    #[test]
    fn a_follower_is_handed_the_batches_of_its_order_and_leaves_nothing_behind() {
        let hub = LiveHub::default();
        let mut following = hub.follow(OrderId::from_bytes([1; 16]));
        for (seq, orders) in [(1, &[2, 3][..]), (3, &[2, 1, 1, 2]), (7, &[3])] {
            hub.publish(&batch(seq, orders));
        }
        assert_eq!(
            following.next().now_or_never().unwrap().unwrap().first_seq,
            3
        );
        assert!(following.next().now_or_never().is_none());
        drop(following);
        assert!(lock(&hub.followed).is_empty());
    }

    #[test]
    fn a_watcher_that_falls_behind_is_told_how_much_it_missed() {
        let hub = LiveHub::default();
        let mut watching = hub.watch();
        for seq in 1..=KEPT as u64 + 3 {
            hub.publish(&batch(seq, &[1]));
        }
        assert!(matches!(
            watching.next().now_or_never(),
            Some(Some(Live::IntakeError(3)))
        ));
        assert!(
            matches!(watching.next().now_or_never(), Some(Some(Live::Batch(batch))) if batch.first_seq == 4)
        );
    }
}
