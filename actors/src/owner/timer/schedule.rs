//! The part of the timer owner that writes the streams `schedule:{id}`: events scheduled over the API.

use super::TimerActor;
use crate::{
    message,
    port::clock::Clock,
    refusal::Refusal,
    shell::owner::{NotWritten, StreamOwner, StreamQueue},
};
use actix::{Context, Handler};
use campusg_domain::{
    id::{ScheduleId, Seq},
    owner::schedule::{self, Command, Pending},
    record::{Events, Record},
    stream::Envelope,
    time::At,
    vote::Votes,
};
use campusg_storage::journal::CommitQueue;

impl StreamOwner<Command> for TimerActor {
    fn queue(&mut self) -> &mut StreamQueue<Command> {
        &mut self.commands
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn journal(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn decide(
        &mut self,
        envelope: &Envelope<Command>,
        _: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let Envelope {
            meta,
            target: schedule,
            command,
        } = envelope;
        let known = self.scheduled.get(schedule);
        let decided = schedule::decide(known, self.scheduled.len(), command, meta.principal);
        let (events, timers) = decided.map_err(Refusal::rule)?;
        if events.is_empty() {
            return Ok(None);
        }
        let prev = known.map_or(Seq::NONE, |known| known.last_seq);
        let events = Events::Schedule(events);
        let record = Record::of_owner(envelope.stream(), prev, now, meta, events);
        Ok(Some(Record { timers, ..record }))
    }
}

impl TimerActor {
    pub(super) fn fold_schedule(&mut self, id: ScheduleId, seq: Seq, events: &[schedule::Event]) {
        for event in events {
            match Pending::after(seq, event) {
                Some(pending) => self.scheduled.insert(id, pending),
                None => self.scheduled.remove(&id),
            };
        }
    }
}

impl Handler<message::Pending<Command>> for TimerActor {
    type Result = ();

    fn handle(&mut self, pending: message::Pending<Command>, ctx: &mut Context<Self>) {
        self.take(pending, ctx);
    }
}

impl Handler<NotWritten<Command>> for TimerActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten<Command>, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}
