//! The parts of a running runtime, reachable from any thread.

use super::{
    Refusal, RuntimeConfig, arbiters::Arbiters, clock::ClockKeeper,
    directory_reader::DirectoryReader, line::Line, owners::Folds, sweep::Sweeping,
    system_stream::SystemWatch,
};
use crate::{
    live::{LiveHub, Watching},
    owner::payment::{Answers, Breakers, EventIntake, SeenEvents, Waiting},
    owners::{OwnedCommand, Owners},
    port::{clock::Clock, entropy::Entropy, gateway::PaymentGateway, signature::Keyring},
    services::Services,
    shell::order::Orders,
};
use campusg_domain::{
    id::{CommandId, Principal, Seq, UserId},
    owner::directory::Directory,
    record::Entry,
    stream::{Envelope, Meta},
};
use campusg_storage::{Store, photo::Photos, read::Reads, snapshot::SnapshotFault, vault::Vault};
use std::{
    sync::{
        Arc, Mutex, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Most reads of the archive and the journal under way at once.
const BLOCKING_READS: usize = 32;
/// Most reads of an order's whole history under way at once; they count among `BLOCKING_READS`.
const HISTORIES: usize = 8;
/// Most reads that wait for a place. They wait at most `READ_PATIENCE`.
const READS_WAITING: usize = 4_096;
const READ_PATIENCE: Duration = Duration::from_millis(500);
/// Most sign-ins whose password hash waits for a core. They wait at most `HASH_PATIENCE`.
const SIGN_INS_WAITING: usize = 256;
/// Most new passwords whose hash waits for a core. They have a line of their own, so that sign-ins never wait for them.
const NEW_PASSWORDS_WAITING: usize = 64;
const HASH_PATIENCE: Duration = Duration::from_secs(20);

/// The running product. Cheap to clone; all clones share the same parts.
#[derive(Clone, Debug)]
pub struct Runtime(pub(super) Arc<Inner>);

/// What the runtime has to do with outside: the machine's clock, the payment gateway, its keys, and the state of its events.
pub(super) struct Outside {
    pub(super) clock: Arc<ClockKeeper>,
    pub(super) gateway: Arc<dyn PaymentGateway>,
    pub(super) keys: Keyring,
    pub(super) seen: Arc<Mutex<SeenEvents>>,
    pub(super) waiting: Arc<Mutex<Waiting>>,
    pub(super) breakers: Arc<Mutex<Breakers>>,
}

/// Parts that are only needed to stop the runtime.
pub(super) struct Rest {
    pub(super) store: Store,
    pub(super) folds: Folds,
    pub(super) sweeping: Sweeping,
    pub(super) system_watch: SystemWatch,
    // The last field: the store ends before the actors that wait for it.
    pub(super) arbiters: Arbiters,
}

pub(super) struct Inner {
    pub(super) services: Arc<Services>,
    pub(super) orders: Orders,
    pub(super) directory: DirectoryReader,
    pub(super) folds: Folds,
    pub(super) outside: Outside,
    pub(super) config: RuntimeConfig,
    pub(super) stopping: AtomicBool,
    pub(super) sign_ins: Line,
    pub(super) new_passwords: Line,
    pub(super) reading: Line,
    pub(super) histories: Line,
    pub(super) proof: tokio::sync::Mutex<Option<super::Proof>>,
    pub(super) rest: Mutex<Option<Rest>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("orders", &self.orders)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn new(
        services: Arc<Services>,
        orders: Orders,
        directory: DirectoryReader,
        folds: Folds,
        outside: Outside,
        config: RuntimeConfig,
        rest: Rest,
    ) -> Self {
        // Each hash fills one core, so at most as many sign-ins run at once as there are cores.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            services,
            orders,
            directory,
            folds,
            outside,
            config,
            stopping: AtomicBool::new(false),
            sign_ins: Line::new(cores, SIGN_INS_WAITING, HASH_PATIENCE),
            new_passwords: Line::new((cores / 2).max(1), NEW_PASSWORDS_WAITING, HASH_PATIENCE),
            reading: Line::new(BLOCKING_READS, READS_WAITING, READ_PATIENCE),
            histories: Line::new(HISTORIES, READS_WAITING, READ_PATIENCE),
            proof: tokio::sync::Mutex::new(None),
            rest: Mutex::new(Some(rest)),
        }
    }
}

impl Runtime {
    /// Returns the meta data of a command without an idempotency key; its id is random.
    #[must_use]
    pub fn unkeyed(&self, principal: Principal, request: &str) -> Meta {
        Meta::own(principal, self.entropy().command(), request)
    }

    /// Subscribes to every durable batch from now on.
    #[must_use]
    pub fn watch(&self) -> Watching {
        self.hub().watch()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.0.services.clock
    }

    pub(super) fn entropy(&self) -> &dyn Entropy {
        &*self.0.services.entropy
    }

    pub(super) fn orders(&self) -> &Orders {
        &self.0.orders
    }

    pub(super) fn owners(&self) -> &Arc<Owners> {
        &self.0.services.owners
    }

    pub(super) fn hub(&self) -> &LiveHub {
        &self.0.folds.hub
    }

    pub(super) fn gateway(&self) -> &dyn PaymentGateway {
        &*self.0.outside.gateway
    }

    /// Returns what takes in the gateway's events.
    pub(super) fn intake(&self) -> EventIntake {
        let Outside {
            gateway,
            seen,
            waiting,
            ..
        } = &self.0.outside;
        EventIntake {
            gateway: Arc::clone(gateway),
            answers: Answers {
                orders: self.orders().clone(),
                owners: self.owners().clone(),
            },
            reads: self.reads().clone(),
            entropy: Arc::clone(&self.0.services.entropy),
            least_charge: self.0.services.policy.gateway_minimum_cents,
            seen: Arc::clone(seen),
            waiting: Arc::clone(waiting),
        }
    }

    pub(super) fn config(&self) -> &RuntimeConfig {
        &self.0.config
    }

    pub(super) fn reads(&self) -> &Reads {
        &self.0.services.reads
    }

    pub(super) fn photos(&self) -> &Photos {
        &self.0.services.photos
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.0.services.vault
    }

    pub(super) fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.0.directory.read()
    }

    /// Refuses a command before anything is begun: with `Stopping` while stopping, with `Busy` if the slowest fold
    /// lags too far behind, with `BeingRestored` while nothing is folded.
    pub(super) fn admit(&self) -> Result<(), Refusal> {
        if self.0.stopping.load(Ordering::Acquire) {
            return Err(Refusal::Stopping);
        }
        if self.reads().is_halted() {
            return Err(Refusal::BeingRestored);
        }
        let lag = self.reads().lag();
        if lag > self.config().lag_limit {
            Err(Refusal::Busy {
                retry_after_ms: 1_000,
            })
        } else {
            Ok(())
        }
    }

    /// Waits until everything that is durable now is folded.
    pub(super) async fn folded(&self) -> Result<(), Refusal> {
        let reads = self.reads();
        if reads.is_halted() {
            return Err(Refusal::BeingRestored);
        }
        let waited = reads.wait_folded(reads.head().0).await;
        waited.map_err(|_| Refusal::Stopping)
    }

    /// Waits until everything that is durable now is folded, then reads on a blocking thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reads) -> Result<T, SnapshotFault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.0.reading.enter().await?;
        self.folded().await?;
        let answer = self.0.services.read(read).await;
        drop(place);
        answer
    }

    /// As [`read`](Self::read), for reads of a whole history: fewer at once, so that other reads find a place.
    pub(super) async fn read_history<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reads) -> Result<T, SnapshotFault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = self.0.histories.enter().await?;
        self.read(read).await
    }

    /// Sends a command to the owner of its stream, and waits until it is durable and folded. Returns the record's
    /// sequence number, the earlier one for a repeat; `Seq::NONE` if there is nothing to change.
    pub(super) async fn submit<C: OwnedCommand>(
        &self,
        meta: Meta,
        target: C::Target,
        command: C,
    ) -> Result<Seq, Refusal> {
        self.admit()?;
        let envelope = Envelope {
            meta,
            target,
            command,
        };
        self.owners().submit(envelope).await
    }

    /// Returns the id of a thing that a keyed command creates, so that requests at once under one key wait for each other in
    /// one stream; `None` without a key. The id may be taken, since a key that is over may come again.
    pub(super) fn keyed_name(meta: &Meta) -> Option<[u8; 16]> {
        let CommandId(id) = meta.id;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(&id.to_le_bytes()).as_bytes()[..16]);
        // Marks it as a UUID of version 8, which is not derived from the time.
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        meta.keyed.then_some(bytes)
    }

    /// Returns an id that nothing has.
    pub(super) fn fresh_name(&self) -> [u8; 16] {
        self.entropy().uuid(self.clock().now())
    }

    /// Whether a command came before under the same key.
    #[must_use]
    pub fn is_repeat(&self, meta: &Meta) -> bool {
        let known = self.0.services.keys.look(meta, self.clock().now());
        !matches!(known, Ok(None))
    }

    /// Returns the record that a command became under the same key, for its answer; `None` if it is new or under way.
    ///
    /// # Errors
    /// `KeyReused`, or a [`Refusal`] if the record can't be read now.
    pub(super) async fn done_before(&self, meta: &Meta) -> Result<Option<Entry>, Refusal> {
        let known = self.0.services.keys.look(meta, self.clock().now());
        match known.map_err(Refusal::rule)? {
            Some(seq) => self.record_of(seq).await.map(Some),
            None => Ok(None),
        }
    }

    /// Returns the record that a command to an owner's stream became, as [`submit`](Self::submit) has answered it.
    ///
    /// # Errors
    /// `Unknown` if it became none.
    pub(super) async fn record_of(&self, seq: Seq) -> Result<Entry, Refusal> {
        let entry = self.read(move |reads| reads.entry(seq)).await?;
        entry.ok_or(Refusal::Unknown)
    }

    /// Returns the last durable record. An answer as of it contains everything that was acknowledged before.
    pub(super) fn durable(&self) -> Seq {
        self.reads().head().0
    }

    /// Runs `work` on a blocking thread once it has a place in the line.
    pub(super) async fn hashing<T: Send + 'static>(
        &self,
        line: &Line,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = line.enter().await?;
        self.0
            .services
            .io
            .spawn_blocking(work)
            .await
            .map_err(|_| Refusal::Fault)
    }

    pub(super) async fn create_key(&self, user: UserId) -> Result<(), Refusal> {
        let vault = self.vault().clone();
        match self
            .0
            .services
            .io
            .spawn_blocking(move || vault.create(user))
            .await
        {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => {
                tracing::error!(%fault, "the vault can't keep a key");
                Err(Refusal::StorageFull)
            }
            Err(_) => Err(Refusal::Fault),
        }
    }

    /// Destroys the key of an account that was not created. A failure is logged and leaves an unused key behind.
    pub(super) async fn destroy_key(&self, user: UserId) {
        let vault = self.vault().clone();
        if let Ok(Err(fault)) = self
            .0
            .services
            .io
            .spawn_blocking(move || vault.destroy(user))
            .await
        {
            tracing::warn!(%fault, "an unused key stays in the vault");
        }
    }
}
