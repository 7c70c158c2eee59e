//! Events scheduled over the API: the one writer of the streams `schedule:{id}`.

use super::TimerActor;
use crate::{
    desk::{Clerk, Desk, Errand, Job, NotWritten},
    port::clock::Clock,
    runtime::Refusal,
};
use actix::{Context, Handler};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal, ScheduleId, Seq, Stream},
    order::TimerState,
    owner::timetable::{self, Command, Scheduled},
    record::{Events, Record},
    time::At,
};
use campusg_storage::journal::CommitQueue;

/// A command to a scheduled event, with everything its record carries.
#[derive(Clone, Debug)]
pub(crate) struct Appointment {
    pub(crate) schedule: ScheduleId,
    pub(crate) command: Command,
    pub(crate) principal: Principal,
    pub(crate) fingerprint: Fingerprint,
}

impl Appointment {
    /// A command of the timer owner itself.
    pub(super) const fn own(schedule: ScheduleId, command: Command) -> Self {
        Self { schedule, command, principal: Principal::System, fingerprint: Fingerprint(0) }
    }
}

impl Errand for Appointment {
    fn stream(&self) -> Stream {
        Stream::Schedule(self.schedule)
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl Clerk for TimerActor {
    type Errand = Appointment;

    fn desk(&mut self) -> &mut Desk<Appointment> {
        &mut self.desk
    }

    fn queue(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn decide(&mut self, id: CommandId, appointment: &Appointment, now: At) -> Result<Option<Record>, Refusal> {
        let Appointment { schedule, command, principal, fingerprint } = appointment;
        let known = self.scheduled.get(schedule);
        let (events, timers) = timetable::decide(known, command, *principal).map_err(Refusal::rule)?;
        if events.is_empty() {
            return Ok(None);
        }
        let prev = known.map_or(Seq::NONE, |known| known.last_seq);
        let (stream, events) = (appointment.stream(), Events::Schedule(events));
        let record = Record::of_owner(stream, prev, now, *principal, id, *fingerprint, events);
        Ok(Some(Record { timers, ..record }))
    }
}

impl TimerActor {
    pub(super) fn fold_schedule(&mut self, id: ScheduleId, seq: Seq, events: &[timetable::Event]) {
        let mut known = self.scheduled.remove(&id);
        events.iter().for_each(|event| Scheduled::evolve(&mut known, seq, event));
        if let Some(known) = known.filter(|known| known.state == TimerState::Pending) {
            self.scheduled.insert(id, known);
        }
    }
}

impl Handler<Job<Appointment>> for TimerActor {
    type Result = ();

    fn handle(&mut self, job: Job<Appointment>, ctx: &mut Context<Self>) {
        self.take(job, ctx);
    }
}

impl Handler<NotWritten> for TimerActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}
