//! Starts the owners, and passes each batch to them in a fixed order.

use super::{Refusal, StartFault};
use crate::{
    fatal::FatalSignal,
    keys::SharedKeys,
    live::LiveHub,
    message::{CountReservations, Folded},
    owner::{
        directory::{DirectoryActor, DirectoryStart, SharedDirectory},
        escrow::{EscrowActor, EscrowStart, TakeProof},
        notification::{NotificationActor, NotificationStart},
        payment::{self, CountCalls, PaymentActor, PaymentStart},
        timer::{self, CountTimers, TimerActor, TimerStart},
    },
    owners::{Owners, Voter},
    port::{clock::Clock, notifier::Notifier},
};
use actix::{Actor, Recipient};
use actix_rt::ArbiterHandle;
use campusg_domain::{
    id::{ScheduleId, Seq},
    owner::{
        ledger::Ledger,
        schedule::{Pending, Scheduled},
        wallet::Wallets,
    },
    policy::Policy,
    record::Record,
};
use campusg_storage::{Store, journal::Batch, read::Reads, snapshot::SnapshotFault};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;

/// The owners' initial state as of `folded`, and the ports that they use.
pub(super) struct Seed<'a> {
    pub(super) policy: Arc<Policy>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) notifier: Option<Arc<dyn Notifier>>,
    pub(super) store: &'a Store,
    pub(super) home: &'a ArbiterHandle,
    pub(super) fatal: &'a FatalSignal,
    pub(super) keys: SharedKeys,
    pub(super) refused_releases: u32,
    pub(super) ledger: Ledger,
    pub(super) wallets: Wallets,
    pub(super) directory: SharedDirectory,
    pub(super) directory_folded: watch::Sender<Seq>,
    pub(super) armed_timers: u64,
    pub(super) folded: Seq,
    pub(super) payment: PaymentStart,
}

/// The addresses of all owners, and of their additional queries.
#[derive(Clone)]
pub(super) struct Folds {
    pub(super) owners: Arc<Owners>,
    /// The order in which owners are notified of a batch.
    folds: Vec<Recipient<Folded>>,
    pub(super) hub: LiveHub,
    pub(super) proof: Recipient<TakeProof>,
    pub(super) timers: Recipient<CountTimers>,
    pub(super) calls: Recipient<CountCalls>,
    pub(super) begin_calls: Recipient<payment::Begin>,
    pub(super) begin_timers: Recipient<timer::Begin>,
    notification: Recipient<CountReservations>,
}

impl Folds {
    pub(super) fn start(seed: Seed<'_>) -> Result<Self, StartFault> {
        let Seed {
            policy,
            clock,
            store,
            home,
            fatal,
            folded,
            keys,
            ..
        } = seed;
        let (reads, queue) = (store.reads().clone(), store.queue().clone());
        let escrow = EscrowActor::new(EscrowStart {
            refused_releases: seed.refused_releases,
            ledger: seed.ledger,
            wallets: seed.wallets,
            folded,
            // Nothing is written before the owners are started, so this is the head after `folded`.
            head: reads.head().1,
            policy: Arc::clone(&policy),
            clock: Arc::clone(&clock),
            queue: queue.clone(),
            keys: keys.clone(),
            guard: fatal.guard("escrow"),
        });
        let directory = DirectoryActor::new(DirectoryStart {
            directory: seed.directory,
            folded,
            folded_sender: seed.directory_folded,
            policy: Arc::clone(&policy),
            clock: Arc::clone(&clock),
            queue: queue.clone(),
            keys: keys.clone(),
            guard: fatal.guard("directory"),
        });
        let timer = TimerActor::new(TimerStart {
            armed: seed.armed_timers,
            scheduled: scheduled(&reads)?,
            folded,
            policy,
            clock: Arc::clone(&clock),
            reads: reads.clone(),
            queue: queue.clone(),
            keys: keys.clone(),
            guard: fatal.guard("timer"),
        });
        let payment = PaymentActor::new(seed.payment);
        let notification = NotificationActor::new(NotificationStart {
            notifier: seed.notifier,
            clock,
            queue,
            reads,
            folded,
            keys,
            guard: fatal.guard("notification"),
        });
        let escrow = EscrowActor::start_in_arbiter(home, |_| escrow);
        let directory = DirectoryActor::start_in_arbiter(home, |_| directory);
        let timer = TimerActor::start_in_arbiter(home, |_| timer);
        let payment = PaymentActor::start_in_arbiter(home, |_| payment);
        let notification = NotificationActor::start_in_arbiter(home, |_| notification);
        Ok(Self {
            owners: Arc::new(Owners {
                directory: Voter::of(&directory),
                escrow: Voter::of(&escrow),
                timer: Voter::of(&timer),
                users: directory.clone().recipient(),
                stores: directory.clone().recipient(),
                wallets: escrow.clone().recipient(),
                schedules: timer.clone().recipient(),
                inboxes: notification.clone().recipient(),
                transfers: escrow.clone().recipient(),
                balances: escrow.clone().recipient(),
            }),
            folds: vec![
                escrow.clone().recipient(),
                directory.recipient(),
                timer.clone().recipient(),
                payment.clone().recipient(),
                notification.clone().recipient(),
            ],
            hub: LiveHub::default(),
            proof: escrow.recipient(),
            timers: timer.clone().recipient(),
            calls: payment.clone().recipient(),
            begin_calls: payment.recipient(),
            begin_timers: timer.recipient(),
            notification: notification.recipient(),
        })
    }

    /// Notifies every owner, then the watchers, of a durable batch.
    pub(super) fn notify(&self, batch: &Arc<Batch<Record>>) {
        for owner in &self.folds {
            owner.do_send(Folded(Arc::clone(batch)));
        }
        self.hub.publish(batch);
    }

    /// Returns once every owner has folded all batches it was notified of before, so that everybody who waits for one
    /// of them has an answer.
    pub(super) async fn caught_up(&self) {
        // If an owner is gone, nobody waits for it.
        let _ = self.owners.reservations().await;
        let _ = self.notification.send(CountReservations).await;
    }
}

pub(super) fn unreadable(fault: &SnapshotFault) -> StartFault {
    tracing::error!(%fault, "reading what the owners start from");
    StartFault::Boot(Refusal::Fault)
}

/// Returns the events scheduled over the API that have not ended. They are read in pages, as each may be large.
fn scheduled(reads: &Reads) -> Result<HashMap<ScheduleId, Pending>, StartFault> {
    const PAGE: usize = 1_024;
    let (mut pending, mut after) = (HashMap::new(), None);
    loop {
        let page = reads.scheduled_list(after, PAGE);
        let page = page.map_err(|fault| unreadable(&fault))?;
        let Some((last, _)) = page.last() else {
            return Ok(pending);
        };
        after = Some(*last);
        let open = |(id, event): &(_, Arc<Scheduled>)| Some((*id, Pending::of(event)?));
        pending.extend(page.iter().filter_map(open));
    }
}
