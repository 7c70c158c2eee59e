//! Starting and stopping: the order in which the parts come to life, and how they end.
//!
//! Start: store → arbiters → owners → journal thread → boot record → the gateway's missed events → timers.
//! Stop: commands refused → in flight to zero → journal drained → checkpoint → arbiters joined. Nothing depends on it.

use super::{
    Refusal, Runtime, RuntimeConfig, StartFault,
    arbiters::Arbiters,
    directory_reader::DirectoryReader,
    inner::{Inner, Outside, Rest},
    owners::{Folds, Seed, latest},
    sweep::{Sweep, Sweeping},
};
use crate::{
    fatal::Fatal,
    owner::{
        payment::{self, PaymentStart, Waiting},
        timer,
    },
    port::{
        clock::{Clock, NeverBack},
        entropy::Entropy,
        gateway::{Breaker, BreakerConfig, PaymentGateway},
        notifier::Notifier,
        signature::Keyring,
    },
    registry::Limits,
    services::Services,
    shell::{commit::commit, order::Orders},
};
use campusg_domain::{
    id::{Principal, Seq, Stream},
    policy::Policy,
    record::{Events, Record, SystemEvent},
    stream::{Meta, own_command},
};
use campusg_storage::{
    Opened, StorageFault,
    journal::{Batch, Fold},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, RwLock, atomic::Ordering},
    time::Duration,
};
use tokio::{runtime::Handle, sync::watch};

/// How long a stop waits for commands in flight.
const DRAIN: Duration = Duration::from_secs(10);

/// What a runtime is started with.
pub struct Start {
    /// The opened data folder.
    pub opened: Opened,
    /// Limits and windows of an order.
    pub policy: Policy,
    /// The runtime's own settings.
    pub config: RuntimeConfig,
    /// The version that the boot record names.
    pub version: String,
    /// Digest of the effective configuration.
    pub digest: [u8; 32],
    /// The payment gateway.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Calls to it at once.
    pub gateway_concurrency: usize,
    /// Longest wait for its answer.
    pub gateway_timeout: Duration,
    /// When to stop asking it for a while.
    pub gateway_breaker: BreakerConfig,
    /// How often it is asked for events.
    pub gateway_poll: Duration,
    /// Where the place in its events is kept.
    pub gateway_cursor: PathBuf,
    /// The keys with which it signs what it sends; none: it sends nothing.
    pub gateway_keys: Keyring,
    /// The way of notices to the outside.
    pub notifier: Arc<dyn Notifier>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Told once when the runtime can't go on; the process must end then.
    pub on_fatal: Box<dyn FnOnce(&str) + Send>,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start")
            .field("opened", &self.opened)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Starts everything behind the edge.
    ///
    /// # Errors
    /// A [`StartFault`]; nothing keeps running then.
    pub async fn start(start: Start) -> Result<Self, StartFault> {
        let io = Handle::try_current().map_err(|_| StartFault::NoTokio)?;
        let (told, fatal) = (
            Arc::<OnceLock<Folds>>::default(),
            Fatal::new(start.on_fatal),
        );
        let arbiters = Arbiters::start()?;
        let ringer = fatal.clone();
        let store = start
            .opened
            .store
            .start(vec![teller(&told)], move |why| ringer.ring(why))?;
        let (boot, policy) = (start.opened.boot, Arc::new(start.policy));
        let clock = NeverBack::new(start.clock, latest(store.reads(), boot.folded)?);
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let (epoch, prev) = (boot.next_epoch(), boot.system_last);
        let directory = Arc::new(RwLock::new(boot.directory));
        let debtors = boot.ledger.debtors().collect();
        let seen = Arc::default();
        let waiting = Arc::new(Mutex::new(Waiting::open(&start.gateway_cursor)));
        let (told_directory, directory_folded) = watch::channel(boot.folded);
        let folds = Folds::start(Seed {
            policy: Arc::clone(&policy),
            clock: Arc::clone(&clock),
            notifier: start.notifier,
            store: &store,
            home: arbiters.home(),
            fatal: &fatal,
            refused_releases: start.config.drill_refused_releases,
            ledger: boot.ledger,
            wallets: boot.wallets,
            directory: Arc::clone(&directory),
            directory_folded: told_directory,
            armed_timers: boot.armed_timers,
            folded: boot.folded,
            payment: PaymentStart {
                calls: boot.calls,
                debtors,
                folded: boot.folded,
                gateway: Arc::clone(&start.gateway),
                reads: store.reads().clone(),
                entropy: Arc::clone(&start.entropy),
                breaker: Arc::new(Mutex::new(Breaker::new(start.gateway_breaker))),
                clock: Arc::clone(&clock),
                io: io.clone(),
                concurrency: start.gateway_concurrency,
                timeout: start.gateway_timeout,
                poll: start.gateway_poll,
                least_charge: policy.gateway_minimum_cents,
                cursor: start.gateway_cursor,
                seen: Arc::clone(&seen),
                waiting: Arc::clone(&waiting),
                guard: fatal.guard("payment"),
            },
        })?;
        // Set once, here; nothing is written before.
        let _ = told.set(folds.clone());
        let services = Arc::new(Services {
            policy,
            clock,
            entropy: start.entropy,
            queue: store.queue().clone(),
            reads: store.reads().clone(),
            photos: store.photos().clone(),
            owners: Arc::clone(&folds.owners),
            vault: store.vault().clone(),
            idle_ms: start.config.idle_ms,
            idle_ended_ms: start.config.idle_ended_ms,
            io,
        });
        let orders = Orders::new(
            arbiters.handles().to_vec(),
            Arc::clone(&services),
            limits(&start.config),
        );
        record_boot(&services, epoch, prev, start.version, start.digest)
            .await
            .map_err(StartFault::Boot)?;
        begin(&services, &folds, &orders);
        let sweeping = Sweeping::begin(Sweep {
            photos: services.photos.clone(),
            reads: services.reads.clone(),
            directory: Arc::clone(&directory),
            clock: Arc::clone(&services.clock),
            io: services.io.clone(),
            every_ms: start.config.photo_sweep_ms,
            keep_ms: start.config.photo_keep_ms,
        });
        let rest = Rest {
            store,
            folds: folds.clone(),
            sweeping,
            arbiters,
        };
        Ok(Self(Arc::new(Inner::new(
            services,
            orders,
            DirectoryReader::new(directory, directory_folded),
            folds,
            Outside {
                gateway: start.gateway,
                keys: start.gateway_keys,
                seen,
                waiting,
            },
            start.config,
            rest,
        ))))
    }

    /// Ends in order. What is acknowledged is safe before; this only spares the next start some work.
    ///
    /// # Errors
    /// As [`campusg_storage::Store::shutdown`]; a second stop does nothing.
    pub async fn stop(&self) -> Result<(), StorageFault> {
        self.0.stopping.store(true, Ordering::Release);
        if tokio::time::timeout(DRAIN, self.orders().registry().drain())
            .await
            .is_err()
        {
            tracing::warn!("commands were still in flight at the stop");
        }
        let rest = self
            .0
            .rest
            .lock()
            .expect("nothing panics while the rest is taken")
            .take();
        let Some(Rest {
            store,
            folds,
            sweeping,
            arbiters,
        }) = rest
        else {
            return Ok(());
        };
        sweeping.end();
        let stopped = tokio::task::spawn_blocking(move || store.shutdown()).await;
        sweeping.ended().await;
        if tokio::time::timeout(DRAIN, folds.caught_up())
            .await
            .is_err()
        {
            tracing::warn!("an owner did not catch up before the stop");
        }
        // An error says that the threads' end panicked, which the panic hook has reported.
        let _ = tokio::task::spawn_blocking(move || drop(arbiters)).await;
        stopped.unwrap_or(Ok(()))
    }
}

#[cfg(test)]
impl Runtime {
    /// What the shells work with.
    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    /// The way to the orders, past every check of the facade.
    pub(crate) fn orders_directly(&self) -> &Orders {
        self.orders()
    }

    /// Ends the journal as a stop does, and leaves the actors running as long as the answer is kept.
    pub(crate) fn close_journal(&self) -> impl Sized + use<> {
        let rest = self
            .0
            .rest
            .lock()
            .expect("nothing panics while the rest is taken")
            .take();
        let Rest {
            store,
            folds,
            sweeping,
            arbiters,
        } = rest.expect("it was not stopped");
        sweeping.end();
        store.shutdown().expect("nothing is wrong with the folder");
        (folds, arbiters)
    }
}

/// Tells the owners of each batch, once there are some.
fn teller(told: &Arc<OnceLock<Folds>>) -> Fold<Record> {
    let told = Arc::clone(told);
    Box::new(move |batch: &Arc<Batch<Record>>| {
        if let Some(folds) = told.get() {
            folds.tell(batch);
        }
    })
}

fn limits(config: &RuntimeConfig) -> Limits {
    Limits {
        in_flight_per_key: config.in_flight_per_order,
        in_flight: config.in_flight,
        answer_within_ms: config.answer_within_ms,
        ..Limits::default()
    }
}

/// The gateway's missed events come before overdue timers; a payment owner that is gone holds nobody back.
fn begin(services: &Services, folds: &Folds, orders: &Orders) {
    let (caught_up, gateway_is_through) = tokio::sync::oneshot::channel();
    folds.begin_calls.do_send(payment::Begin {
        orders: orders.clone(),
        owners: Arc::clone(&folds.owners),
        caught_up,
    });
    let (timer, begin) = (
        folds.begin_timers.clone(),
        timer::Begin(orders.clone(), Arc::clone(&folds.owners)),
    );
    services.io.spawn(async move {
        // An error says that the payment owner is gone.
        let _ = gateway_is_through.await;
        timer.do_send(begin);
    });
}

async fn record_boot(
    services: &Services,
    epoch: u32,
    prev: Seq,
    version: String,
    config: [u8; 32],
) -> Result<(), Refusal> {
    let events = Events::System(vec![SystemEvent::Booted {
        version,
        epoch,
        config,
    }]);
    let id = own_command(Stream::System, "boot", u64::from(epoch));
    let now = services.clock.now();
    let record = Record::of_owner(
        Stream::System,
        prev,
        now,
        &Meta::own(Principal::System, id, "boot"),
        events,
    );
    commit(&services.queue, record, None).await.map(drop)
}
