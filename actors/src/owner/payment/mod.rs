//! The payment owner: makes the calls that records open, one try each, and brings every answer back as a command.
//!
//! Must not: retry by itself (the order's STEP_RETRY does, durably), decide what an answer means, or write a record.
//! A panic in here ends the process; when it ends, calls under way are given up, and made again by the next start.
//! Invariant: of one order one call is under way at most, the lowest not decided, and each call of a wallet once at most;
//! the same call has the same key always.

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

/// Longest that a call is held back from a gateway that does not answer, in milliseconds.
const HOLD_BACK_MS: u64 = 10_000;
/// How often a call that is held back looks whether it may go.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Wait before a stream is looked at again whose order gave no answer, or where nothing moved.
const AGAIN: Duration = Duration::from_secs(2);

/// Calls of one wallet under way at once: a bank that does not answer must not take every place from the orders.
const CALLS_OF_ONE: usize = 4;

/// What the payment owner starts from.
pub(crate) struct PaymentStart {
    pub(crate) calls: Calls,
    /// Who owes something.
    pub(crate) debtors: Vec<UserId>,
    pub(crate) folded: Seq,
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) reads: Reads,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Stops asking a gateway that does not answer.
    pub(crate) breaker: Arc<Mutex<Breaker>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where calls run, so that they keep no arbiter busy.
    pub(crate) io: tokio::runtime::Handle,
    /// Calls under way at once.
    pub(crate) concurrency: usize,
    /// Longest wait for an answer.
    pub(crate) timeout: Duration,
    /// How often the gateway is asked for events.
    pub(crate) poll: Duration,
    /// The least that a card is charged.
    pub(crate) least_charge: Cents,
    /// Where the place in the gateway's events is kept.
    pub(crate) cursor: PathBuf,
    /// The events that were brought in.
    pub(crate) seen: Arc<Mutex<SeenEvents>>,
    /// The calls whose news wait.
    pub(crate) waiting: Arc<Mutex<Waiting>>,
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) guard: Guard,
}

/// A task that ends with the one who waits for it; a panic in it is a fault.
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

/// Keeps the open calls.
pub(crate) struct PaymentActor {
    start: PaymentStart,
    orders: Option<Orders>,
    owners: Option<Arc<Owners>>,
    /// The lanes with a call under way, and whether that call was asked for again meanwhile.
    under_way: HashMap<CallQueue, bool>,
    /// The lanes whose last call moved nothing and is made again later. They take no place at the gateway, and wait no
    /// longer than that call is due.
    paused: HashMap<CallQueue, (CallNumber, CallKind)>,
    /// Streams with a call that has no place at the gateway yet.
    queued: VecDeque<Stream>,
    /// What new cards are to pay.
    promises: promise::Promises,
}

impl PaymentActor {
    /// Starts with every open call as of `folded`.
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
            let lane = party.lane(n);
            if self.under_way.contains_key(&lane) || self.paused.get(&lane) == Some(&(n, kind)) {
                continue;
            }
            if matches!(party, Party::Wallet(_)) && self.calls_of(stream) >= CALLS_OF_ONE {
                return;
            }
            if self.under_way.len() >= self.start.concurrency {
                return self.queued.push_back(stream);
            }
            self.paused.remove(&lane);
            self.under_way.insert(lane, false);
            self.make(party, n, kind, ctx);
        }
    }

    fn calls_of(&self, stream: Stream) -> usize {
        let lanes = self.under_way.keys();
        lanes.filter(|lane| lane.stream() == stream).count()
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
        // On this thread, where orders live too: only the gateway is asked elsewhere.
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

    /// Looks at the stream again: at once where the call is decided or rests, later where nothing moved.
    fn made(
        &mut self,
        party: Party,
        call: (CallNumber, CallKind),
        moved: bool,
        ctx: &mut Context<Self>,
    ) {
        let stream = party.stream();
        let lane = party.lane(call.0);
        let asked_again = self.under_way.get(&lane).is_some_and(|again| *again);
        let still_due = self.start.calls.due(stream).any(|due| due == call);
        self.under_way.remove(&lane);
        if still_due && (!moved || !asked_again) {
            self.paused.insert(lane, call);
            ctx.run_later(AGAIN, move |actor, ctx| {
                actor.resume(stream, lane, call, ctx)
            });
        }
        self.consider(stream, ctx);
        self.consider_queued(ctx);
    }

    fn resume(
        &mut self,
        stream: Stream,
        lane: CallQueue,
        call: (CallNumber, CallKind),
        ctx: &mut Context<Self>,
    ) {
        if self.paused.get(&lane) == Some(&call) {
            self.paused.remove(&lane);
            self.consider(stream, ctx);
        }
    }

    /// A call under way that is to be made again is made again at once when its answer is in, and a paused one now.
    fn note_retries(&mut self, record: &Record) {
        let Some(party) = Party::of(record.stream) else {
            return;
        };
        for change in &record.calls {
            if let CallChange::Retry { n } = change {
                let lane = party.lane(*n);
                if self
                    .paused
                    .get(&lane)
                    .is_some_and(|(paused, _)| paused == n)
                {
                    self.paused.remove(&lane);
                }
                if let Some(again) = self.under_way.get_mut(&lane) {
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

/// One try behind the breaker; no answer in time is no answer.
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
    // Held back is not tried: a call waits for its turn before it counts as unanswered.
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

/// Begins: first the gateway's missed events, then the open calls. `caught_up` is told after the events.
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

/// How many calls are not decided.
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
