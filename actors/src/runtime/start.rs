//! Starting and stopping: the order in which the parts come to life, and how they end.
//!
//! Start: store → arbiters → owners → journal thread → boot record → the gateway's missed events → timers.
//! Stop: commands refused → in flight to zero → journal drained → checkpoint → arbiters joined. Nothing depends on it.

use super::{Refusal, Runtime, RuntimeConfig, inner::Inner};
use crate::{
    commit::commit,
    directory::DirectoryActor,
    env::{Env, own_command},
    escrow::EscrowActor,
    live::LiveHub,
    notification::NotificationActor,
    orders::Orders,
    payment::{self, PaymentActor, PaymentStart},
    port::{clock::Clock, entropy::Entropy, gateway::{Breaker, BreakerConfig, PaymentGateway}, notifier::Notifier},
    registry::Limits,
    timer::{self, TimerActor, TimerStart},
    vote::{Folded, Owners},
};
use actix::{Actor, Addr};
use actix_rt::{Arbiter, ArbiterHandle, System};
use campusg_domain::{
    id::{Fingerprint, Principal, Seq, Stream},
    order::TimerState,
    policy::Policy,
    record::{Events, Record, SystemEvent},
};
use campusg_storage::{
    Opened, Store, StorageFault,
    journal::Batch,
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, RwLock, atomic::AtomicBool, mpsc},
    thread::JoinHandle,
    time::Duration,
};

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
        f.debug_struct("Start").field("opened", &self.opened).finish_non_exhaustive()
    }
}

/// The runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The data folder.
    #[error(transparent)]
    Storage(#[from] StorageFault),
    /// A thread could not be started.
    #[error("can't start a thread")]
    Thread(#[source] std::io::Error),
    /// The arbiters ended before they began.
    #[error("the actors' threads can't be started")]
    Arbiters,
    /// The boot could not be recorded.
    #[error("can't record the boot: {0}")]
    Boot(Refusal),
    /// It is not called from within a tokio runtime.
    #[error("a runtime is started from within a tokio runtime")]
    NoTokio,
}

/// What is kept until the stop.
pub(super) struct Rest {
    store: Store,
    arbiters: Arbiters,
}

/// The threads on which actors live.
struct Arbiters {
    handles: Vec<ArbiterHandle>,
    system: System,
    thread: JoinHandle<()>,
}

impl Arbiters {
    /// max(1, cores / 2) of them; owners live on the first.
    fn start() -> Result<Self, StartFault> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (ready, started) = mpsc::channel();
        let thread = std::thread::Builder::new().name("orders-0".into()).spawn(move || {
            let runner = System::new();
            let others: Vec<Arbiter> = runner.block_on(async { (1..(cores / 2).max(1)).map(|_| Arbiter::new()).collect() });
            let system = System::current();
            let handles = std::iter::once(system.arbiter().clone()).chain(others.iter().map(Arbiter::handle)).collect();
            // Nobody waits any more where the start was given up.
            let _ = ready.send((handles, system));
            if let Err(fault) = runner.run() {
                tracing::error!(%fault, "the actors' threads ended");
            }
            others.into_iter().for_each(|arbiter| {
                arbiter.stop();
                let _ = arbiter.join();
            });
        });
        let thread = thread.map_err(StartFault::Thread)?;
        let (handles, system) = started.recv().map_err(|_| StartFault::Arbiters)?;
        Ok(Self { handles, system, thread })
    }

    fn stop(self) {
        self.system.stop();
        // A panic there was reported by the panic hook.
        let _ = self.thread.join();
    }
}

/// Every owner that folds, told in this order.
#[derive(Clone)]
struct Folds {
    owners: Owners,
    payment: Addr<PaymentActor>,
    notification: Addr<NotificationActor>,
    hub: LiveHub,
}

impl Folds {
    fn tell(&self, batch: &Arc<Batch<Record>>) {
        self.owners.escrow.do_send(Folded(Arc::clone(batch)));
        self.owners.directory.do_send(Folded(Arc::clone(batch)));
        self.owners.timer.do_send(Folded(Arc::clone(batch)));
        self.payment.do_send(Folded(Arc::clone(batch)));
        self.notification.do_send(Folded(Arc::clone(batch)));
        self.hub.publish(batch);
    }
}

impl Runtime {
    /// Starts everything behind the edge.
    ///
    /// # Errors
    /// A [`StartFault`]; nothing keeps running then.
    pub async fn start(start: Start) -> Result<Self, StartFault> {
        let io = tokio::runtime::Handle::try_current().map_err(|_| StartFault::NoTokio)?;
        let Opened { boot, store, .. } = start.opened;
        let arbiters = Arbiters::start()?;
        let home = arbiters.handles[0].clone();
        let folds: Arc<OnceLock<Folds>> = Arc::default();
        let told = Arc::clone(&folds);
        let fold = Box::new(move |batch: &Arc<Batch<Record>>| {
            if let Some(folds) = told.get() {
                folds.tell(batch);
            }
        });
        let store = store.start(vec![fold], start.on_fatal)?;
        let (reads, queue, policy) = (store.reads().clone(), store.queue().clone(), Arc::new(start.policy));
        let (folded, epoch) = (boot.folded, boot.next_epoch());
        let last_boot = boot.system_last;

        let escrow = EscrowActor::new(boot.ledger, folded, Arc::clone(&policy));
        let escrow = EscrowActor::start_in_arbiter(&home, |_| escrow);
        let directory = Arc::new(RwLock::new(boot.directory));
        let clerk = DirectoryActor::new(Arc::clone(&directory), folded, Arc::clone(&policy), queue.clone());
        let clerk = DirectoryActor::start_in_arbiter(&home, |_| clerk);
        let scheduled = reads.scheduled_list(None, usize::MAX).map_err(|fault| {
            tracing::error!(%fault, "reading scheduled events");
            StartFault::Boot(Refusal::Fault)
        })?;
        let pending = scheduled.into_iter().filter(|(_, scheduled)| scheduled.state == TimerState::Pending);
        let timer = TimerActor::new(TimerStart {
            armed: boot.armed_timers,
            scheduled: pending.map(|(id, scheduled)| (id, scheduled.as_ref().clone())).collect(),
            folded,
            policy: Arc::clone(&policy),
            clock: Arc::clone(&start.clock),
            reads: reads.clone(),
            queue: queue.clone(),
        });
        let timer = TimerActor::start_in_arbiter(&home, |_| timer);
        let owners = Owners { escrow, directory: clerk, timer };
        let payment = PaymentActor::new(PaymentStart {
            calls: boot.calls,
            folded,
            gateway: Arc::clone(&start.gateway),
            reads: reads.clone(),
            entropy: Arc::clone(&start.entropy),
            breaker: Arc::new(Mutex::new(Breaker::new(start.gateway_breaker))),
            clock: Arc::clone(&start.clock),
            io: io.clone(),
            concurrency: start.gateway_concurrency,
            timeout: start.gateway_timeout,
            poll: start.gateway_poll,
            cursor: start.gateway_cursor,
        });
        let payment = PaymentActor::start_in_arbiter(&home, |_| payment);
        let (notifier, clock) = (start.notifier, Arc::clone(&start.clock));
        let notification = NotificationActor::new(notifier, clock, queue.clone(), reads.clone(), folded);
        let notification = NotificationActor::start_in_arbiter(&home, |_| notification);
        let hub = LiveHub::default();
        let (payment_too, notification_too) = (payment.clone(), notification.clone());
        // Set once, here.
        let _ = folds.set(Folds {
            owners: owners.clone(),
            payment: payment_too,
            notification: notification_too,
            hub: hub.clone(),
        });

        let env = Env {
            policy,
            clock: start.clock,
            entropy: start.entropy,
            queue,
            reads,
            photos: store.photos().clone(),
            owners,
            vault: store.vault().clone(),
            io,
        };
        let limits = Limits {
            in_flight_per_key: start.config.in_flight_per_order,
            in_flight: start.config.in_flight,
            answer_within_ms: start.config.answer_within_ms,
            ..Limits::default()
        };
        let orders = Orders::new(arbiters.handles.clone(), env.clone(), limits);
        record_boot(&env, epoch, last_boot, start.version, start.digest).await.map_err(StartFault::Boot)?;

        let (caught_up, gateway_is_through) = tokio::sync::oneshot::channel();
        payment.do_send(payment::Begin { orders: orders.clone(), caught_up });
        let (timer, begin) = (env.owners.timer.clone(), timer::Begin(orders.clone()));
        env.io.spawn(async move {
            // The gateway's missed events come before overdue timers; a payment owner that is gone holds nobody back.
            let _ = gateway_is_through.await;
            timer.do_send(begin);
        });
        Ok(Self(Arc::new(Inner {
            env,
            orders,
            directory,
            payment,
            notification,
            hub,
            gateway: start.gateway,
            config: start.config,
            stopping: AtomicBool::new(false),
            hashing: Inner::hashing_permits(),
            reading: Inner::reading_permits(),
            proof: Mutex::new(None),
            rest: Mutex::new(Some(Rest { store, arbiters })),
        })))
    }

    /// Ends in order. What is acknowledged is safe before; this only spares the next start some work.
    ///
    /// # Errors
    /// As [`Store::shutdown`]; a second stop does nothing.
    pub async fn stop(&self) -> Result<(), StorageFault> {
        self.0.stopping.store(true, std::sync::atomic::Ordering::Release);
        if tokio::time::timeout(DRAIN, self.orders().registry().drain()).await.is_err() {
            tracing::warn!("commands were still in flight at the stop");
        }
        let Some(rest) = self.0.rest.lock().expect("nothing panics while the rest is taken").take() else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(move || {
            let Rest { store, arbiters } = rest;
            let stopped = store.shutdown();
            arbiters.stop();
            stopped
        });
        stopped.await.unwrap_or(Ok(()))
    }
}

async fn record_boot(env: &Env, epoch: u32, prev: Seq, version: String, config: [u8; 32]) -> Result<(), Refusal> {
    let events = Events::System(vec![SystemEvent::Booted { version, epoch, config }]);
    let id = own_command(Stream::System, "boot", u64::from(epoch));
    let now = env.clock.now();
    let record = Record::of_owner(Stream::System, prev, now, Principal::System, id, Fingerprint(0), events);
    commit(&env.queue, record).await.map(drop)
}
