//! The timer owner: fires every timer of every stream, votes on capacity, and writes the streams `schedule:{id}`.
//!
//! Firing is a command, sent again until it is answered; deadlines are journalled, so a lost firing is fired at boot.
//! Keeps the timers of `[now, edge)` in memory and reads the rest from the snapshots when their time comes near.
//! Must not: change an order itself, or wake for a time that has come already: whatever is due and has no room yet is
//! looked at again by what makes room. A panic in here ends the process.

mod fire;
mod schedule;
mod window;

use crate::{
    fatal::Guard,
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
        schedule::{Command, Scheduled},
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

/// What the timer owner starts from.
#[derive(Debug)]
pub(crate) struct TimerStart {
    pub(crate) armed: u64,
    pub(crate) scheduled: HashMap<ScheduleId, Scheduled>,
    pub(crate) folded: Seq,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reads: Reads,
    pub(crate) queue: CommitQueue<Record>,
    pub(crate) guard: Guard,
}

/// Keeps the timers that are due soon.
#[derive(Debug)]
pub(crate) struct TimerActor {
    table: Timetable,
    scheduled: HashMap<ScheduleId, Scheduled>,
    folded: Seq,
    policy: Arc<Policy>,
    clock: Arc<dyn Clock>,
    reads: Reads,
    queue: CommitQueue<Record>,
    orders: Option<Orders>,
    owners: Option<Arc<Owners>>,
    /// Begun and not answered, or waiting to be sent again.
    firing: HashSet<Due>,
    /// How many of those wait to be sent again.
    parked: usize,
    /// How many were begun in this burst.
    begun: usize,
    refilling: bool,
    wake: Option<(At, SpawnHandle)>,
    commands: StreamQueue<Command>,
    _guard: Guard,
}

impl TimerActor {
    /// Starts with nothing in memory and every armed timer in the snapshots.
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
            commands: StreamQueue::default(),
            _guard: start.guard,
        }
    }

    /// Wakes when the next timer becomes due, or the window's edge comes near.
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

    /// Fires what is due, brings in what comes near, and sets the alarm anew; nothing before it was told to begin.
    fn tick(&mut self, ctx: &mut Context<Self>) {
        if self.orders.is_none() {
            return;
        }
        // One time for all of it: what becomes due meanwhile would be neither begun nor waited for.
        let now = self.clock.now();
        self.refill(now, ctx);
        self.fire_due(now, ctx);
        self.set_alarm(now, ctx);
    }
}

impl Actor for TimerActor {
    type Context = Context<Self>;
}

/// Begins firing: the orders can be reached.
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

/// How many timers are armed, and how many of them are in memory.
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
