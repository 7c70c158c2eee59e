//! The live hub: passes every durable batch to all watchers. It stores nothing; the journal does.
//!
//! Invariants: a watcher who subscribes first and reads the journal's head afterwards misses no record after that
//! head; a watcher who falls behind is notified of how many batches it missed. A follower of one order gets only
//! batches that contain a record of it.

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

/// Batches kept for a slow watcher; older ones are missed.
const KEPT: usize = 4_096;

type Followed = Mutex<HashMap<OrderId, mpsc::UnboundedSender<Arc<Batch<Record>>>>>;

/// Passes durable batches to watchers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveHub {
    watched: broadcast::Sender<Arc<Batch<Record>>>,
    followed: Arc<Followed>,
}

/// What a watcher receives.
#[derive(Clone, Debug)]
pub enum Live {
    /// The next durable batch.
    Batch(Arc<Batch<Record>>),
    /// The watcher was too slow and missed this many batches; it can read them from the journal.
    Missed(u64),
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
    /// Passes a batch to everybody who watches now.
    pub fn publish(&self, batch: &Arc<Batch<Record>>) {
        let followed = lock(&self.followed);
        if !followed.is_empty() {
            let mut last = None;
            for record in &batch.records {
                if let Stream::Order(order) = record.stream
                    && last.replace(order) != Some(order)
                    && let Some(follower) = followed.get(&order)
                {
                    // An error only means that the follower is being dropped.
                    let _ = follower.send(Arc::clone(batch));
                }
            }
        }
        drop(followed);
        // An error only means that nobody watches.
        let _ = self.watched.send(Arc::clone(batch));
    }

    /// Subscribes to every batch from now on.
    #[must_use]
    pub fn watch(&self) -> Watching {
        Watching(self.watched.subscribe())
    }

    /// Subscribes to the batches of one order from now on. There can be only one follower of an order.
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

#[derive(Debug)]
pub(crate) struct Following {
    order: OrderId,
    followed: Arc<Followed>,
    batches: mpsc::UnboundedReceiver<Arc<Batch<Record>>>,
}

impl Following {
    /// Returns the next batch with a record of the order; `None` once the hub is gone. A batch in which records of
    /// other streams stand between two of the order comes twice; folding a record again changes nothing.
    pub(crate) async fn next(&mut self) -> Option<Arc<Batch<Record>>> {
        self.batches.recv().await
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        lock(&self.followed).remove(&self.order);
    }
}

/// A subscription to all batches.
#[derive(Debug)]
pub struct Watching(broadcast::Receiver<Arc<Batch<Record>>>);

impl Watching {
    /// Returns the next batch; `None` once the hub is gone.
    pub async fn next(&mut self) -> Option<Live> {
        match self.0.recv().await {
            Ok(batch) => Some(Live::Batch(batch)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Live::Missed(missed)),
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
            Some(Some(Live::Missed(3)))
        ));
        assert!(
            matches!(watching.next().now_or_never(), Some(Some(Live::Batch(batch))) if batch.first_seq == 4)
        );
    }
}
