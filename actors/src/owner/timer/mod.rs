//! The timer owner: fires every stream's timers, votes on capacity, and is the only writer of the streams
//! `schedule:{id}`.
//!
//! A firing is a command that is sent again until it is answered. Deadlines are in the journal, so a firing that was
//! lost is repeated after the next start. Timers due before `edge` are in memory; later ones are read from the
//! snapshots in time.
//! Must not: change an order itself, or set an alarm for a time in the past: a due timer that must wait for a free
//! place is reconsidered when a place becomes free. A panic in it ends the process.

mod fire;
mod schedule;
mod window;

use crate::{
    fatal::Guard,
    keys::SharedKeys,
    message::{CountReservations, Folded, GiveBack, RequestVote},
    owners::Owners,
    port::clock::Clock,
    shell::{
        order::Orders,
        owner::{StreamOwner, StreamQueue},
    },
};
use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult, SpawnHandle,
    WrapFuture,
};
use campusg_domain::{
    id::{ScheduleId, Seq, Stream},
    owner::{
        schedule::{Command, Pending},
        timetable::{Due, Timetable},
    },
    policy::Policy,
    record::{Events, Record},
    time::At,
};
use campusg_storage::{journal::CommitQueue, read::Reads};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The initial state of the timer owner.
#[derive(Debug)]
pub(crate) struct TimerStart {
    pub(crate) armed: u64,
    pub(crate) scheduled: HashMap<ScheduleId, Pending>,
    pub(crate) folded: Seq,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reads: Reads,
    pub(crate) queue: CommitQueue<Record>,
    /// The keys that commands claim.
    pub(crate) keys: SharedKeys,
    pub(crate) guard: Guard,
}

#[derive(Debug)]
pub(crate) struct TimerActor {
    table: Timetable,
    scheduled: HashMap<ScheduleId, Pending>,
    folded: Seq,
    policy: Arc<Policy>,
    clock: Arc<dyn Clock>,
    reads: Reads,
    queue: CommitQueue<Record>,
    orders: Option<Orders>,
    owners: Option<Arc<Owners>>,
    /// Timers that were fired and not answered, or wait to be sent again.
    firing: HashSet<Due>,
    /// How many of those wait to be sent again.
    parked: usize,
    /// How many timers were fired in this burst.
    begun: usize,
    refilling: bool,
    wake: Option<(At, SpawnHandle)>,
    commands: StreamQueue<Command>,
    _guard: Guard,
}

impl TimerActor {
    /// Starts without timers in memory; all armed ones are in the snapshots.
    pub(crate) fn new(start: TimerStart) -> Self {
        Self {
            table: Timetable::new(At(0), start.armed),
            scheduled: start.scheduled,
            folded: start.folded,
            policy: start.policy,
            clock: start.clock,
            reads: start.reads,
            queue: start.queue,
            orders: None,
            owners: None,
            firing: HashSet::new(),
            parked: 0,
            begun: 0,
            refilling: false,
            wake: None,
            commands: StreamQueue::new(start.keys),
            _guard: start.guard,
        }
    }

    /// Sets the alarm for the next due timer, or for reading more timers, whichever is earlier.
    fn set_alarm(&mut self, now: At, ctx: &mut Context<Self>) {
        let later = self
            .table
            .due(At(u64::MAX), usize::MAX)
            .map(|timer| timer.due)
            .find(|due| *due > now);
        if let Some(next) = later.into_iter().chain(self.refill_at()).min() {
            self.wake_at(next, ctx);
        }
    }

    fn wake_at(&mut self, at: At, ctx: &mut Context<Self>) {
        if let Some((set, handle)) = self.wake {
            if set <= at && set > self.clock.now() {
                return;
            }
            ctx.cancel_future(handle);
        }
        let until = self.clock.until(at).into_actor(self);
        let handle = ctx.spawn(until.map(|(), actor, ctx| {
            actor.wake = None;
            actor.tick(ctx);
        }));
        self.wake = Some((at, handle));
    }

    /// Fires due timers, reads more if needed, and sets the alarm. Does nothing before [`Begin`].
    fn tick(&mut self, ctx: &mut Context<Self>) {
        if self.orders.is_none() {
            return;
        }
        // One reading of the clock for all three steps; otherwise a timer that becomes due between them would be
        // missed.
        let now = self.clock.now();
        self.refill(now, ctx);
        self.fire_due(now, ctx);
        self.set_alarm(now, ctx);
    }
}

impl Actor for TimerActor {
    type Context = Context<Self>;
}

/// Starts firing; from now on orders can be reached.
#[derive(Debug)]
pub(crate) struct Begin(pub(crate) Orders, pub(crate) Arc<Owners>);

impl Message for Begin {
    type Result = ();
}

impl Handler<Begin> for TimerActor {
    type Result = ();

    fn handle(&mut self, Begin(orders, owners): Begin, ctx: &mut Context<Self>) {
        self.orders = Some(orders);
        self.owners = Some(owners);
        self.tick(ctx);
    }
}

impl Handler<RequestVote> for TimerActor {
    type Result = MessageResult<RequestVote>;

    fn handle(
        &mut self,
        RequestVote { token, ask }: RequestVote,
        _: &mut Context<Self>,
    ) -> Self::Result {
        MessageResult(self.table.vote(token, &ask, &self.policy))
    }
}

impl Handler<GiveBack> for TimerActor {
    type Result = ();

    fn handle(&mut self, GiveBack(token): GiveBack, _: &mut Context<Self>) {
        self.table.release(token);
    }
}

impl Handler<Folded> for TimerActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.folded) {
            self.table.fold(record);
            if let (Events::Schedule(events), Stream::Schedule(id)) =
                (&record.events, record.stream)
            {
                self.fold_schedule(id, seq, events);
                self.folded_own(seq, record, ctx);
            }
        }
        self.folded = self.folded.max(batch.last());
        self.keep_the_window_small();
        self.tick(ctx);
    }
}

impl Handler<CountReservations> for TimerActor {
    type Result = MessageResult<CountReservations>;

    fn handle(&mut self, _: CountReservations, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.table.reservations())
    }
}

/// Asks how many timers are armed, and how many of them are in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountTimers;

impl Message for CountTimers {
    type Result = (u64, usize);
}

impl Handler<CountTimers> for TimerActor {
    type Result = MessageResult<CountTimers>;

    fn handle(&mut self, _: CountTimers, _: &mut Context<Self>) -> Self::Result {
        MessageResult((self.table.armed(), self.table.in_memory()))
    }
}
