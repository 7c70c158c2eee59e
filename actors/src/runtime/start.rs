//! Starting and stopping the runtime, in the right order.
//!
//! Start: store → arbiters → owners → journal thread → boot record → the gateway's missed events → timers. Stop:
//! refuse commands → wait for those in flight → drain the journal → checkpoint → join the arbiters. Durability does
//! not depend on a clean stop.

use super::{
    Refusal, Runtime, RuntimeConfig, StartFault,
    arbiters::Arbiters,
    clock::{self, AcceptedClock, ClockKeeper},
    directory_reader::DirectoryReader,
    inner::{Inner, Outside, Rest},
    owners::{Folds, Seed},
    photos::PHOTO_READERS,
    snapshots::SnapshotKeeper,
    sweep::{Sweep, Sweeping},
    system_stream::{SystemStream, SystemWatch},
};
use crate::{
    fatal::FatalSignal,
    keys::SharedKeys,
    owner::{
        payment::{self, Breakers, PaymentStart, Waiting},
        timer,
    },
    port::{
        clock::Clock,
        entropy::Entropy,
        gateway::{BreakerConfig, PaymentGateway},
        notifier::Notifier,
        signature::Keyring,
    },
    registry::Limits,
    services::Services,
    shell::{
        commit::{Committed, Held, commit},
        order::Orders,
    },
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
use tokio::{
    runtime::Handle,
    sync::{Semaphore, watch},
};

/// How long a stop waits for commands in flight.
const DRAIN: Duration = Duration::from_secs(10);

/// Everything that a runtime needs to start.
pub struct Start {
    /// The opened data folder.
    pub opened: Opened,
    /// Limits, prices and time-outs of orders.
    pub policy: Policy,
    /// The section `runtime` of the configuration.
    pub config: RuntimeConfig,
    /// The program's version, for the boot record.
    pub version: String,
    /// A hash of the effective configuration, for the boot record.
    pub digest: [u8; 32],
    /// The payment gateway; all money goes through it.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Most calls to the gateway under way at once.
    pub gateway_concurrency: usize,
    /// Longest wait for the gateway's answer.
    pub gateway_timeout: Duration,
    /// When calls to an unresponsive gateway are held back.
    pub gateway_breaker: BreakerConfig,
    /// The interval between two fetches of the gateway's events.
    pub gateway_poll: Duration,
    /// The file with the cursor in the gateway's events.
    pub gateway_cursor: PathBuf,
    /// The keys that the gateway may sign its messages with. Empty if it sends none.
    pub gateway_keys: Keyring,
    /// Delivers notices outside of the application.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// The system's clock; operators can advance it if it is virtual.
    pub clock: Arc<dyn Clock>,
    /// A person's word for a clock that does not go on from where the journal ends.
    pub accepted_clock: Option<AcceptedClock>,
    /// The source of ids, tokens and other random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Called at most once, when the runtime can't go on; the process must end then.
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
    /// Starts all parts in order.
    ///
    /// # Errors
    /// A [`StartFault`]; no part keeps running then.
    pub async fn start(start: Start) -> Result<Self, StartFault> {
        let io = Handle::try_current().map_err(|_| StartFault::NoTokio)?;
        let (folds_cell, fatal) = (
            Arc::<OnceLock<Folds>>::default(),
            FatalSignal::new(start.on_fatal),
        );
        let (boot, idle) = (start.opened.boot, start.opened.store);
        let report = start.opened.report;
        let begun = clock::begin(start.clock, &boot, idle.reads(), start.accepted_clock)?;
        let (steady, clock_event, set_back_ms) = (begun.clock, begun.event, begun.set_back_ms);
        let clock: Arc<dyn Clock> = Arc::new(steady.clone());
        let arbiters = Arbiters::start()?;
        let (signal, of_store) = (fatal.clone(), steady.clone());
        let keys = SharedKeys::new(boot.keys.clone());
        let store = idle.run_by(move || of_store.now().0).start(
            vec![fold_keys(&keys), notify_fold(&folds_cell)],
            move |why| signal.raise(why),
        )?;
        let policy = Arc::new(start.policy);
        let wallets_ahead = clock::wallets_ahead(&boot.wallets, set_back_ms, steady.now());
        let (epoch, prev) = (boot.next_epoch(), boot.system_last);
        let directory = Arc::new(RwLock::new(boot.directory));
        let debtors = boot.ledger.debtors().collect();
        let seen = Arc::default();
        let waiting = Arc::new(Mutex::new(Waiting::open(&start.gateway_cursor)));
        let breakers = Arc::new(Mutex::new(Breakers::new(start.gateway_breaker)));
        let (told_directory, directory_folded) = watch::channel(boot.folded);
        let folds = Folds::start(Seed {
            policy: Arc::clone(&policy),
            clock: Arc::clone(&clock),
            notifier: start.notifier,
            store: &store,
            home: arbiters.home(),
            fatal: &fatal,
            refused_releases: start.config.drill_refused_releases,
            keys: keys.clone(),
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
                breakers: Arc::clone(&breakers),
                directory: Arc::clone(&directory),
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
        // Set only here; nothing is written before.
        let _ = folds_cell.set(folds.clone());
        let services = Arc::new(Services {
            policy,
            clock,
            entropy: start.entropy,
            queue: store.queue().clone(),
            reads: store.reads().clone(),
            photos: store.photos().clone(),
            photo_readers: Arc::new(Semaphore::new(PHOTO_READERS)),
            owners: Arc::clone(&folds.owners),
            keys,
            vault: store.vault().clone(),
            set_back_ms,
            idle_ms: start.config.idle_ms,
            idle_ended_ms: start.config.idle_ended_ms,
            io,
        });
        let orders = Orders::new(
            arbiters.handles().to_vec(),
            Arc::clone(&services),
            limits(&start.config),
        );
        let booted = SystemEvent::Booted {
            version: start.version,
            epoch,
            config: start.digest,
        };
        let clock_goes_on = clock_event.is_none();
        let events: Vec<SystemEvent> = [booted].into_iter().chain(clock_event).collect();
        let recorded = record_boot(&services, prev, epoch, events.clone()).await;
        let (booted, unrecorded) = match recorded {
            Ok(booted) => (booted, vec![]),
            // It is recorded once there is room; until then the server is there for reads.
            Err(Refusal::StorageFull) if clock_goes_on => (prev, events),
            Err(refusal) => return Err(StartFault::Boot(refusal)),
        };
        clock::set_back(&services, &orders, wallets_ahead).await;
        begin(&services, &folds, &orders);
        let queue = services.queue.clone();
        let stream = SystemStream::new(steady.clone(), queue, booted, unrecorded);
        let stream = Arc::new(stream);
        let clock_keeper = Arc::new(ClockKeeper::new(steady, Arc::clone(&stream)));
        let of_snapshots = boot.snapshots.as_ref();
        let reads = services.reads.clone();
        let snapshots = SnapshotKeeper::new(reads, Arc::clone(&stream), of_snapshots, &report);
        let (keeper, io) = (Arc::clone(&clock_keeper), &services.io);
        let system_watch = SystemWatch::begin(stream, keeper, snapshots, io);
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
            system_watch,
            arbiters,
        };
        Ok(Self(Arc::new(Inner::new(
            services,
            orders,
            DirectoryReader::new(directory, directory_folded),
            folds,
            Outside {
                clock: clock_keeper,
                gateway: start.gateway,
                keys: start.gateway_keys,
                seen,
                waiting,
                breakers,
            },
            start.config,
            rest,
        ))))
    }

    /// Stops all parts in order. Everything acknowledged is durable anyway; a clean stop only makes the next start
    /// faster.
    ///
    /// # Errors
    /// As [`campusg_storage::Store::shutdown`]. A second stop does nothing.
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
            system_watch,
            arbiters,
        }) = rest
        else {
            return Ok(());
        };
        sweeping.end();
        system_watch.end().await;
        let stopped = tokio::task::spawn_blocking(move || store.shutdown()).await;
        sweeping.ended().await;
        if tokio::time::timeout(DRAIN, folds.caught_up())
            .await
            .is_err()
        {
            tracing::warn!("an owner did not catch up before the stop");
        }
        // An error means that joining panicked, which the panic hook has reported.
        let _ = tokio::task::spawn_blocking(move || drop(arbiters)).await;
        stopped.unwrap_or(Ok(()))
    }
}

#[cfg(test)]
impl Runtime {
    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    /// Returns the orders without the façade's checks.
    pub(crate) fn orders_directly(&self) -> &Orders {
        self.orders()
    }

    /// Closes the journal as a stop does, and keeps the actors running until the returned value is dropped.
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
            system_watch: _,
            arbiters,
        } = rest.expect("it was not stopped");
        sweeping.end();
        store.shutdown().expect("nothing is wrong with the folder");
        (folds, arbiters)
    }
}

/// Returns the fold of the keys. It comes before the owners' folds, and an owner finds the key of each record that it has.
fn fold_keys(keys: &SharedKeys) -> Fold<Record> {
    let keys = keys.clone();
    Box::new(move |batch: &Arc<Batch<Record>>| keys.fold(batch))
}

/// Returns a fold that notifies the owners of each batch, once they are started.
fn notify_fold(folds_cell: &Arc<OnceLock<Folds>>) -> Fold<Record> {
    let folds_cell = Arc::clone(folds_cell);
    Box::new(move |batch: &Arc<Batch<Record>>| {
        if let Some(folds) = folds_cell.get() {
            folds.notify(batch);
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

/// Sends the gateway's missed events before overdue timers fire. If the payment owner is gone, timers do not wait for
/// it.
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
        // An error means that the payment owner is gone.
        let _ = gateway_is_through.await;
        timer.do_send(begin);
    });
}

/// Records the boot, and what is to be said of the clock. Returns the record.
async fn record_boot(
    services: &Services,
    prev: Seq,
    epoch: u32,
    events: Vec<SystemEvent>,
) -> Result<Seq, Refusal> {
    let id = own_command(Stream::System, "boot", u64::from(epoch));
    let now = services.clock.now();
    let record = Record::of_owner(
        Stream::System,
        prev,
        now,
        &Meta::own(Principal::System, id, "boot"),
        Events::System(events),
    );
    let committed = commit(
        &services.queue,
        record,
        Held::default(),
        Committed::default(),
    );
    Ok(Seq(committed.await?.seq))
}
