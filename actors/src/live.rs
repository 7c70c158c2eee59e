//! The live hub: hands every durable batch to whoever watches. It remembers nothing; the journal does.
//!
//! Invariant: a watcher who subscribes and then notes the head misses no record after it; one who falls behind is told.

use campusg_domain::record::Record;
use campusg_storage::journal::Batch;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Batches kept for a slow watcher.
const KEPT: usize = 4_096;

/// Hands batches to watchers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveHub(broadcast::Sender<Arc<Batch<Record>>>);

/// What a watcher meets.
#[derive(Clone, Debug)]
pub enum Live {
    /// A durable batch.
    Batch(Arc<Batch<Record>>),
    /// This many batches were missed: read from the journal and go on.
    Missed(u64),
}

impl Default for LiveHub {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl LiveHub {
    /// Hands a batch to whoever watches now.
    pub fn publish(&self, batch: &Arc<Batch<Record>>) {
        // An error only says that nobody watches.
        let _ = self.0.send(Arc::clone(batch));
    }

    /// Watches from here on.
    #[must_use]
    pub fn watch(&self) -> Watching {
        Watching(self.0.subscribe())
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
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Live::Missed(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
