//! Services that all shells share: policy, ports, the commit queue, the snapshots, the owners.

use crate::{
    keys::SharedKeys,
    owners::Owners,
    port::{clock::Clock, entropy::Entropy},
    refusal::Refusal,
};
use campusg_domain::{id::OrderId, policy::Policy, record::Record};
use campusg_storage::{
    journal::CommitQueue, photo::Photos, read::Reads, snapshot::SnapshotFault, vault::Vault,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shared by every shell; nothing in it changes after the start.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) queue: CommitQueue<Record>,
    pub(crate) reads: Reads,
    pub(crate) photos: Photos,
    /// Places for reading photos from the disk: each reader occupies a thread.
    pub(crate) photo_readers: Arc<Semaphore>,
    pub(crate) owners: Arc<Owners>,
    pub(crate) keys: SharedKeys,
    pub(crate) vault: Vault,
    /// How far the clock was set back when a person last accepted it, in milliseconds; 0 where nothing lies ahead of it.
    pub(crate) set_back_ms: u64,
    /// How long a live order's actor stays in memory without a command, in milliseconds.
    pub(crate) idle_ms: u64,
    /// How long an ended order's actor stays in memory without a command, in milliseconds.
    pub(crate) idle_ended_ms: u64,
    /// The tokio runtime for work that must not occupy an arbiter.
    pub(crate) io: tokio::runtime::Handle,
}

impl Services {
    /// Reads on a blocking thread, since a single read may touch the archive or the journal.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reads) -> Result<T, SnapshotFault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let reads = self.reads.clone();
        let answer = self.io.spawn_blocking(move || read(&reads)).await;
        Ok(answer.map_err(|_| Refusal::Fault)??)
    }

    /// Returns the delivery PIN of an order, 0 to 9999. It is derived from the order's id with the server's key, and
    /// not stored.
    pub(crate) fn pin(&self, order: OrderId) -> u16 {
        self.vault.secrets().pin(order)
    }
}
