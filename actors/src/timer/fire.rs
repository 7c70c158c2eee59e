//! Firing: a timer that is due becomes a command, sent again until it is answered.

use super::{Appointment, TimerActor};
use crate::{desk, env::own_command, orders::Letter, runtime::Refusal};
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    id::{Principal, Stream},
    order::Command,
    owner::timetable::{self, Due},
};
use std::time::Duration;

/// Most timers begun in one burst; with the pause between, at most 1,000 a second.
const BURST: usize = 100;
/// Pause between bursts.
pub(super) const BURST_MS: u64 = 100;
/// Most timers that wait for an answer at once.
const UNANSWERED: usize = 256;
/// Wait before a firing without an answer is sent again.
const AGAIN: Duration = Duration::from_secs(2);

impl TimerActor {
    /// Begins a burst; answers whether more is due now.
    pub(super) fn fire_due(&mut self, ctx: &mut Context<Self>) -> bool {
        if self.orders.is_none() {
            return false;
        }
        let room = BURST.min(UNANSWERED.saturating_sub(self.firing.len()));
        let now = self.clock.now();
        let waiting = self.table.due(now, self.firing.len() + room + 1).filter(|due| !self.firing.contains(due));
        let mut due: Vec<Due> = waiting.take(room + 1).collect();
        let more = due.len() > room;
        due.truncate(room);
        due.into_iter().for_each(|timer| self.fire(timer, ctx));
        more
    }

    fn fire(&mut self, timer: Due, ctx: &mut Context<Self>) {
        let Some(orders) = self.orders.clone() else { return };
        let Due { stream, kind, generation, .. } = timer;
        self.firing.insert(timer);
        let number = u64::from(generation) << 8 | kind as u64;
        let id = own_command(stream, "timer", number);
        match stream {
            Stream::Order(order) => {
                let command = Command::TimerDue { kind, generation };
                let letter = Letter::own(order, command, Principal::System, id);
                let sent = async move { orders.send(letter).await.map(drop) };
                ctx.spawn(sent.into_actor(self).map(move |answer, actor, ctx| actor.fired(timer, answer, ctx)));
            }
            Stream::Schedule(schedule) => {
                let Some(known) = self.scheduled.get(&schedule).cloned() else { return self.drop_stale(timer) };
                let command = Command::ScheduledDue { kind: known.kind };
                let letter = Letter::own(known.order, command, Principal::System, id);
                let (me, now) = (ctx.address(), self.clock.now());
                let sent = async move {
                    let accepted = match orders.send(letter).await {
                        Ok(_) => true,
                        Err(Refusal::Rejected { .. }) => false,
                        Err(refusal) => return Err(refusal),
                    };
                    let command = timetable::Command::Process { accepted };
                    let done = own_command(stream, "processed", 1);
                    desk::run(&me, done, Appointment::own(schedule, command, now)).await.map(drop)
                };
                ctx.spawn(sent.into_actor(self).map(move |answer, actor, ctx| actor.fired(timer, answer, ctx)));
            }
            _ => self.drop_stale(timer),
        }
    }

    /// An answer ends the firing; a timer that is still there after a yes is of an old generation.
    fn fired(&mut self, timer: Due, answer: Result<(), Refusal>, ctx: &mut Context<Self>) {
        match answer {
            Ok(()) | Err(Refusal::Rejected { .. }) => {
                self.drop_stale(timer);
                self.set_alarm(ctx);
            }
            Err(refusal) => {
                tracing::warn!(stream = %timer.stream, kind = timer.kind.as_str(), %refusal, "a timer waits for its answer");
                ctx.run_later(AGAIN, move |actor, ctx| {
                    actor.firing.remove(&timer);
                    actor.tick(ctx);
                });
            }
        }
    }

    fn drop_stale(&mut self, timer: Due) {
        self.firing.remove(&timer);
        self.table.drop_stale(timer);
    }
}
