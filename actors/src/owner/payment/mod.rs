//! The payment owner: makes the calls that records open, one try each, and delivers every answer as a command.
//!
//! Must not: retry by itself (the order's timer `STEP_RETRY` does that durably), decide what an answer means, or
//! write a record. A panic in it ends the process; calls under way are then abandoned, and made again after the next
//! start.
//!
//! Invariants: of an order at most one call is under way, the lowest undecided one; each call of a wallet is under
//! way at most once; repeated tries of a call use the same key; a call that waits for a place, or is held back by a
//! breaker, has not been tried and brings no answer.

mod breakers;
mod call;
mod events;
mod lanes;
mod on_file;
mod promise;
mod waiting;

pub(crate) use breakers::Breakers;
pub(crate) use call::Answers;
pub(crate) use events::{EventIntake, SeenEvents};
pub(crate) use waiting::Waiting;

use breakers::{Lane, Method, Payer};
use call::{CallQueue, Looked, Party};
use lanes::{Due, Lanes};

use crate::{
    fatal::Guard,
    message::Folded,
    owners::Owners,
    port::{
        clock::Clock,
        entropy::Entropy,
        gateway::{PaymentGateway, Unanswered},
    },
    refusal::Refusal,
    shell::order::Orders,
};
use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult, WrapFuture,
};
use campusg_domain::{
    call::{Answer, CallChange, CallKind, CallNumber},
    id::{Seq, Stream, UserId},
    money::Cents,
    owner::{calls::Calls, directory::Directory},
    record::Record,
};
use campusg_storage::read::Reads;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, RwLock},
    task::{self, Poll},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// How often calls that a breaker holds back are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Wait before a call is made again if its answer could not be delivered, or changed nothing.
const AGAIN: Duration = Duration::from_secs(2);

/// Most orders and wallets asked at once what their calls need.
const ASKED_AT_ONCE: usize = 64;

/// The initial state of the payment owner.
pub(crate) struct PaymentStart {
    pub(crate) calls: Calls,
    /// Users with a debt, whose cards may have promised to pay it.
    pub(crate) debtors: Vec<UserId>,
    pub(crate) folded: Seq,
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) reads: Reads,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Hold calls back while the gateway does not answer.
    pub(crate) breakers: Arc<Mutex<Breakers>>,
    /// Says which brand a card is of.
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The tokio runtime on which calls run, so that they do not occupy an arbiter.
    pub(crate) io: tokio::runtime::Handle,
    /// Most calls under way at once.
    pub(crate) concurrency: usize,
    /// Longest wait for an answer; after it the call counts as unanswered.
    pub(crate) timeout: Duration,
    /// The interval between two fetches of the gateway's events.
    pub(crate) poll: Duration,
    /// The smallest amount that a card can be charged.
    pub(crate) least_charge: Cents,
    /// The file with the cursor in the gateway's events.
    pub(crate) cursor: PathBuf,
    /// The ids of events that have been taken in.
    pub(crate) seen: Arc<Mutex<SeenEvents>>,
    /// Events that could not be taken in yet.
    pub(crate) waiting: Arc<Mutex<Waiting>>,
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) guard: Guard,
}

/// A task that is aborted when its waiter is dropped. A panic in it becomes `Refusal::Fault`.
struct AbortOnDrop<T>(JoinHandle<Result<T, Refusal>>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|done| done.unwrap_or(Err(Refusal::Fault)))
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) struct PaymentActor {
    start: PaymentStart,
    orders: Option<Orders>,
    owners: Option<Arc<Owners>>,
    /// Queues whose order or wallet is being asked what its call needs.
    asking: HashSet<CallQueue>,
    /// Streams with a due call that have not been asked yet.
    unasked: VecDeque<Stream>,
    /// Calls that wait for a place at the gateway, or have one.
    lanes: Lanes,
    /// Queues whose call was to be retried while it was under way.
    asked_again: HashSet<CallQueue>,
    /// Whether calls that are held back are looked at again soon.
    waking: bool,
    /// Queues whose last call changed nothing and is made again later. A paused call takes no place at the gateway,
    /// and the pause ends when the call is no longer the one that is due.
    paused: HashMap<CallQueue, (CallNumber, CallKind)>,
    /// Debts that new cards have promised to pay.
    promises: promise::Promises,
}

impl PaymentActor {
    /// Starts with every call that was open as of `folded`.
    pub(crate) fn new(start: PaymentStart) -> Self {
        Self {
            lanes: Lanes::new(start.concurrency),
            start,
            orders: None,
            owners: None,
            asking: HashSet::new(),
            unasked: VecDeque::new(),
            asked_again: HashSet::new(),
            waking: false,
            paused: HashMap::new(),
            promises: promise::Promises::default(),
        }
    }

    fn answers(&self) -> Option<Answers> {
        Some(Answers {
            orders: self.orders.clone()?,
            owners: self.owners.clone()?,
        })
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        unpoisoned(&self.start.breakers)
    }

    fn is_due(&self, stream: Stream, call: (CallNumber, CallKind)) -> bool {
        self.start.calls.due(stream).any(|due| due == call)
    }

    /// Asks the order or wallet what its due calls need, unless they wait or are under way already.
    fn consider(&mut self, stream: Stream, ctx: &mut Context<Self>) {
        let (Some(answers), Some(party)) = (self.answers(), Party::of(stream)) else {
            return;
        };
        let due: Vec<_> = self.start.calls.due(stream).collect();
        for (n, kind) in due {
            let queue = party.queue(n);
            let known = self.lanes.waits(queue).is_some()
                || self.lanes.is_under_way(queue)
                || self.asking.contains(&queue);
            if known || self.paused.get(&queue) == Some(&(n, kind)) {
                continue;
            }
            if self.asking.len() >= ASKED_AT_ONCE {
                return self.unasked.push_back(stream);
            }
            self.paused.remove(&queue);
            self.asking.insert(queue);
            let (orders, reads) = (answers.orders.clone(), self.start.reads.clone());
            let folded = self.start.folded;
            let asked = async move { party.look(&orders, reads, folded).await };
            ctx.spawn(
                AbortOnDrop(actix_rt::spawn(asked))
                    .into_actor(self)
                    .map(move |asked, actor, ctx| actor.asked(party, (n, kind), asked, ctx)),
            );
        }
    }

    /// Puts a call into its lane, once it is known what it needs.
    fn asked(
        &mut self,
        party: Party,
        call: (CallNumber, CallKind),
        asked: Result<Looked, Refusal>,
        ctx: &mut Context<Self>,
    ) {
        let (stream, (n, kind)) = (party.stream(), call);
        self.asking.remove(&party.queue(n));
        let asked = asked.and_then(|looked| {
            let payer = looked.payer(n, kind).ok_or(Refusal::Fault)?;
            Ok((looked, payer))
        });
        match asked {
            _ if !self.is_due(stream, call) => self.consider(stream, ctx),
            Ok((looked, payer)) => {
                let brand = self.brand(&payer);
                let lane = Lane { kind, payer, brand };
                let held_back = self.breakers().is_open(&lane);
                self.lanes.add(Due {
                    party,
                    n,
                    failures: looked.failures(n),
                    lane,
                });
                // Many calls may wait for a breaker; the next look finds which of them is the probe.
                if held_back {
                    self.look_again_later(ctx);
                } else {
                    self.fill_places(Some((party.queue(n), looked)), ctx);
                }
            }
            Err(refusal) => {
                tracing::warn!(%stream, call = n, %refusal, "a call to the gateway waits");
                self.pause(party, call, ctx);
            }
        }
        while self.asking.len() < ASKED_AT_ONCE
            && let Some(stream) = self.unasked.pop_front()
        {
            self.consider(stream, ctx);
        }
    }

    /// The brand of a card that is still on file.
    fn brand(&self, payer: &Payer) -> Option<Arc<str>> {
        let directory = self.start.directory.read();
        let directory = directory.expect("a panic in the directory ends the process");
        let card = directory.person(payer.user)?.card.as_ref()?;
        let same = payer.method == Method::Card(card.token.clone());
        same.then(|| card.brand.as_str().into())
    }

    /// Makes calls until no place is free, or none of those that wait may go. `fresh` is what has just been seen of one of
    /// them.
    fn fill_places(&mut self, mut fresh: Option<(CallQueue, Looked)>, ctx: &mut Context<Self>) {
        loop {
            let now = self.start.clock.now();
            let next = self.lanes.next(&mut unpoisoned(&self.start.breakers), now);
            let Some(due) = next else {
                break;
            };
            let queue = due.party.queue(due.n);
            let looked = fresh.take_if(|(of, _)| *of == queue);
            self.make(due, looked.map(|(_, looked)| looked), ctx);
        }
        self.look_again_later(ctx);
    }

    fn look_again_later(&mut self, ctx: &mut Context<Self>) {
        if !self.waking && !self.lanes.is_empty() && self.breakers().any_open() {
            self.waking = true;
            ctx.run_later(LOOK_AGAIN, |actor, ctx| {
                actor.waking = false;
                actor.fill_places(None, ctx);
            });
        }
    }

    /// Makes a call. One that has waited is looked at again: meanwhile its order may have been quarantined.
    fn make(&mut self, due: Due, looked: Option<Looked>, ctx: &mut Context<Self>) {
        let Some(answers) = self.answers() else {
            return;
        };
        let Due { party, n, lane, .. } = due;
        let kind = lane.kind;
        let PaymentStart {
            gateway,
            reads,
            entropy,
            timeout,
            folded,
            io,
            breakers,
            clock,
            ..
        } = &self.start;
        let (gateway, breakers, clock) =
            (Arc::clone(gateway), Arc::clone(breakers), Arc::clone(clock));
        let (reads, io, timeout, folded) = (reads.clone(), io.clone(), *timeout, *folded);
        let id = entropy.command();
        // Runs on this arbiter, where orders live too; only the request to the gateway runs elsewhere.
        let made = actix_rt::spawn(async move {
            let looked = match looked {
                Some(looked) => looked,
                None => party.look(&answers.orders, reads, folded).await?,
            };
            let call = looked.call(n, kind)?;
            let heard = unpoisoned(&breakers).heard();
            let asking = io.spawn(async move { Ok(call.make(&*gateway, timeout).await) });
            let answer = match AbortOnDrop(asking).await? {
                Ok(answer) => {
                    unpoisoned(&breakers).answered(&lane, clock.now());
                    answer
                }
                Err(Unanswered(of)) => {
                    unpoisoned(&breakers).unanswered(&lane, of, heard, clock.now());
                    Answer::Unavailable
                }
            };
            let stream = party.stream();
            tracing::info!(%stream, call = n, purpose = kind.purpose(), answer = answer.word(), "gateway answered");
            answers.bring(party, n, answer, id).await
        });
        ctx.spawn(AbortOnDrop(made).into_actor(self).map(move |sent, actor, ctx| {
            if let Err(refusal) = &sent {
                let stream = party.stream();
                tracing::warn!(%stream, call = n, %refusal, "an answer of the gateway waits");
            }
            actor.made(party, (n, kind), sent.unwrap_or(false), ctx);
        }));
    }

    /// Ends a call: considers the next due call of the stream, and pauses this one if it is still due.
    fn made(
        &mut self,
        party: Party,
        call: (CallNumber, CallKind),
        moved: bool,
        ctx: &mut Context<Self>,
    ) {
        let queue = party.queue(call.0);
        let asked_again = self.asked_again.remove(&queue);
        self.lanes.done(queue);
        if self.is_due(party.stream(), call) && (!moved || !asked_again) {
            self.pause(party, call, ctx);
        }
        self.consider(party.stream(), ctx);
        self.fill_places(None, ctx);
    }

    /// Leaves a call alone for a while. Meanwhile it takes no place.
    fn pause(&mut self, party: Party, call: (CallNumber, CallKind), ctx: &mut Context<Self>) {
        let queue = party.queue(call.0);
        self.paused.insert(queue, call);
        ctx.run_later(AGAIN, move |actor, ctx| {
            if actor.paused.get(&queue) == Some(&call) {
                actor.paused.remove(&queue);
                actor.consider(party.stream(), ctx);
            }
        });
    }

    /// A call that is decided or deferred while it waits for a place does not go out. A retry while the call is under
    /// way makes it go out again as soon as its answer has come; a retry of a paused call ends the pause.
    fn note_changes(&mut self, record: &Record) {
        let Some(party) = Party::of(record.stream) else {
            return;
        };
        for change in &record.calls {
            match *change {
                CallChange::Open { .. } => {}
                CallChange::Close { n } | CallChange::Defer { n } => {
                    let queue = party.queue(n);
                    if self.lanes.waits(queue).is_some_and(|due| due.n == n) {
                        self.lanes.withdraw(queue);
                    }
                }
                CallChange::Retry { n } => {
                    let queue = party.queue(n);
                    if self
                        .paused
                        .get(&queue)
                        .is_some_and(|(paused, _)| *paused == n)
                    {
                        self.paused.remove(&queue);
                    }
                    if self.lanes.is_under_way(queue) {
                        self.asked_again.insert(queue);
                    }
                }
            }
        }
    }
}

fn unpoisoned(breakers: &Mutex<Breakers>) -> MutexGuard<'_, Breakers> {
    breakers
        .lock()
        .expect("nothing panics while the breakers are asked")
}

impl std::fmt::Debug for PaymentActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentActor")
            .field("open", &self.start.calls.len())
            .finish_non_exhaustive()
    }
}

impl Actor for PaymentActor {
    type Context = Context<Self>;
}

/// Starts the owner: first the gateway's missed events, then open calls. `caught_up` is sent after the events.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) orders: Orders,
    pub(crate) owners: Arc<Owners>,
    pub(crate) caught_up: oneshot::Sender<()>,
}

impl Message for Begin {
    type Result = ();
}

impl Handler<Begin> for PaymentActor {
    type Result = ();

    fn handle(
        &mut self,
        Begin {
            orders,
            owners,
            caught_up,
        }: Begin,
        ctx: &mut Context<Self>,
    ) {
        self.orders = Some(orders);
        self.owners = Some(owners);
        self.catch_up(Some(caught_up), ctx);
    }
}

impl Handler<Folded> for PaymentActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.start.folded) {
            self.start.calls.fold(record);
            self.start.folded = seq;
            self.fold_promise(seq, record, ctx);
            if record.calls.is_empty() {
                continue;
            }
            self.note_changes(record);
            self.consider(record.stream, ctx);
        }
    }
}

/// Asks how many calls are undecided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountCalls;

impl Message for CountCalls {
    type Result = usize;
}

impl Handler<CountCalls> for PaymentActor {
    type Result = MessageResult<CountCalls>;

    fn handle(&mut self, _: CountCalls, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.start.calls.len())
    }
}
