//! The payment owner: makes the calls that records open, one try each, and delivers every answer as a command.
//!
//! Must not: retry by itself (the order's timer `STEP_RETRY` does that durably), decide what an answer means, or
//! write a record. A panic in it ends the process; calls under way are then abandoned, and made again after the next
//! start.
//!
//! Invariants: of an order at most one call is under way, the lowest undecided one; each call of a wallet is under
//! way at most once; repeated tries of a call use the same key.

mod call;
mod events;
mod on_file;
mod promise;
mod waiting;

pub(crate) use call::Answers;
pub(crate) use events::{EventIntake, SeenEvents};
pub(crate) use waiting::Waiting;

use call::{CallQueue, Party};

use crate::{
    fatal::Guard,
    message::Folded,
    owners::Owners,
    port::{
        clock::Clock,
        entropy::Entropy,
        gateway::{Breaker, PaymentGateway},
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
    owner::calls::Calls,
    record::Record,
};
use campusg_storage::read::Reads;
use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{self, Poll},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// Longest time that the open circuit breaker holds a call back before it counts as unanswered, in milliseconds.
const HOLD_BACK_MS: u64 = 10_000;
/// How often a call that is held back asks the breaker again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Wait before a call is made again if its answer could not be delivered, or changed nothing.
const AGAIN: Duration = Duration::from_secs(2);

/// Most calls of one wallet under way at once, so that a slow bank can't take all places from the orders.
const CALLS_OF_ONE: usize = 4;

/// The initial state of the payment owner.
pub(crate) struct PaymentStart {
    pub(crate) calls: Calls,
    /// Users with a debt, whose cards may have promised to pay it.
    pub(crate) debtors: Vec<UserId>,
    pub(crate) folded: Seq,
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) reads: Reads,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Stops calls while the gateway does not answer.
    pub(crate) breaker: Arc<Mutex<Breaker>>,
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
    /// Queues with a call under way, and whether a retry of that call was requested meanwhile.
    under_way: HashMap<CallQueue, bool>,
    /// Queues whose last call changed nothing and is made again later. A paused call takes no place at the gateway,
    /// and the pause ends when the call is no longer the one that is due.
    paused: HashMap<CallQueue, (CallNumber, CallKind)>,
    /// Streams with a due call that waits for a place at the gateway.
    queued: VecDeque<Stream>,
    /// Debts that new cards have promised to pay.
    promises: promise::Promises,
}

impl PaymentActor {
    /// Starts with every call that was open as of `folded`.
    pub(crate) fn new(start: PaymentStart) -> Self {
        Self {
            start,
            orders: None,
            owners: None,
            under_way: HashMap::new(),
            paused: HashMap::new(),
            queued: VecDeque::new(),
            promises: promise::Promises::default(),
        }
    }

    fn answers(&self) -> Option<Answers> {
        Some(Answers {
            orders: self.orders.clone()?,
            owners: self.owners.clone()?,
        })
    }

    fn consider(&mut self, stream: Stream, ctx: &mut Context<Self>) {
        let (Some(_), Some(party)) = (&self.orders, Party::of(stream)) else {
            return;
        };
        let due: Vec<_> = self.start.calls.due(stream).collect();
        for (n, kind) in due {
            let queue = party.queue(n);
            if self.under_way.contains_key(&queue) || self.paused.get(&queue) == Some(&(n, kind)) {
                continue;
            }
            if matches!(party, Party::Wallet(_)) && self.calls_of(stream) >= CALLS_OF_ONE {
                return;
            }
            if self.under_way.len() >= self.start.concurrency {
                return self.queued.push_back(stream);
            }
            self.paused.remove(&queue);
            self.under_way.insert(queue, false);
            self.make(party, n, kind, ctx);
        }
    }

    fn calls_of(&self, stream: Stream) -> usize {
        let queues = self.under_way.keys();
        queues.filter(|queue| queue.stream() == stream).count()
    }

    fn make(&mut self, party: Party, n: CallNumber, kind: CallKind, ctx: &mut Context<Self>) {
        let Some(answers) = self.answers() else {
            return;
        };
        let PaymentStart {
            gateway,
            reads,
            entropy,
            timeout,
            folded,
            io,
            breaker,
            clock,
            ..
        } = &self.start;
        let (gateway, breaker, clock) =
            (Arc::clone(gateway), Arc::clone(breaker), Arc::clone(clock));
        let (reads, io, timeout, folded) = (reads.clone(), io.clone(), *timeout, *folded);
        let id = entropy.command();
        // Runs on this arbiter, where orders live too; only the request to the gateway runs elsewhere.
        let made = actix_rt::spawn(async move {
            let call = party.call(&answers.orders, reads, folded, n, kind).await?;
            let asking = io.spawn(async move {
                Ok(guarded(&breaker, &*clock, timeout, call.make(&*gateway)).await)
            });
            let answer = AbortOnDrop(asking).await?;
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
        let stream = party.stream();
        let queue = party.queue(call.0);
        let asked_again = self.under_way.get(&queue).is_some_and(|again| *again);
        let still_due = self.start.calls.due(stream).any(|due| due == call);
        self.under_way.remove(&queue);
        if still_due && (!moved || !asked_again) {
            self.paused.insert(queue, call);
            ctx.run_later(AGAIN, move |actor, ctx| {
                actor.resume(stream, queue, call, ctx)
            });
        }
        self.consider(stream, ctx);
        self.consider_queued(ctx);
    }

    fn resume(
        &mut self,
        stream: Stream,
        queue: CallQueue,
        call: (CallNumber, CallKind),
        ctx: &mut Context<Self>,
    ) {
        if self.paused.get(&queue) == Some(&call) {
            self.paused.remove(&queue);
            self.consider(stream, ctx);
        }
    }

    /// A retry while the call is under way makes it go out again as soon as its answer has come; a retry of a paused
    /// call ends the pause.
    fn note_retries(&mut self, record: &Record) {
        let Some(party) = Party::of(record.stream) else {
            return;
        };
        for change in &record.calls {
            if let CallChange::Retry { n } = change {
                let queue = party.queue(*n);
                if self
                    .paused
                    .get(&queue)
                    .is_some_and(|(paused, _)| paused == n)
                {
                    self.paused.remove(&queue);
                }
                if let Some(again) = self.under_way.get_mut(&queue) {
                    *again = true;
                }
            }
        }
    }

    fn consider_queued(&mut self, ctx: &mut Context<Self>) {
        while self.under_way.len() < self.start.concurrency {
            let Some(stream) = self.queued.pop_front() else {
                return;
            };
            self.consider(stream, ctx);
        }
    }
}

/// Makes one try through the circuit breaker; without an answer in time it is [`Answer::Unavailable`].
async fn guarded(
    breaker: &Mutex<Breaker>,
    clock: &dyn Clock,
    timeout: Duration,
    call: impl Future<Output = Answer>,
) -> Answer {
    let locked = || {
        breaker
            .lock()
            .expect("nothing panics while the breaker is asked")
    };
    // A call that is held back has not been tried: it waits for the breaker before it counts as unanswered.
    let give_up_ms = clock.monotonic_ms() + HOLD_BACK_MS;
    while !locked().admits(clock.now()) {
        if clock.monotonic_ms() >= give_up_ms {
            return Answer::Unavailable;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let answer = tokio::time::timeout(timeout, call)
        .await
        .unwrap_or(Answer::Unavailable);
    locked().note(&answer, clock.now());
    answer
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
            self.note_retries(record);
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
