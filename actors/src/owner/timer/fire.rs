//! Fires due timers: each becomes a command, which is sent again until it is answered.
//!
//! Invariant: a timer has at most one firing under way, and each of its firings has the same command id.

use super::TimerActor;
use crate::{message::Pending, owners::submit, refusal::Refusal};
use actix::{ActorFutureExt, AsyncContext, Context, Recipient, WrapFuture};
use campusg_domain::{
    id::{CommandId, Principal, ScheduleId, Stream},
    order::Command,
    owner::{schedule, timetable::Due, wallet},
    stream::{Envelope, own_command},
    time::At,
    vote::Votes,
};
use std::time::Duration;

/// Most timers that are fired within [`BURST_TIME`], which makes at most 1,000 a second.
pub(super) const BURST: usize = 100;
/// The length of a burst in real time, not by the runtime's clock: the limit protects the processor.
const BURST_TIME: Duration = Duration::from_millis(100);
/// Most timers that wait for an answer at once.
const UNANSWERED: usize = 256;
/// Wait before a firing without an answer is sent again.
const AGAIN: Duration = Duration::from_secs(2);

impl TimerActor {
    /// Fires due timers up to the limits. Whatever frees a place calls this again.
    pub(super) fn fire_due(&mut self, now: At, ctx: &mut Context<Self>) {
        let under_way = self.firing.len().saturating_sub(self.parked);
        let room = BURST
            .saturating_sub(self.begun)
            .min(UNANSWERED.saturating_sub(under_way));
        let due = self
            .table
            .due(now, self.firing.len() + room)
            .filter(|due| !self.firing.contains(due));
        let due: Vec<Due> = due.take(room).collect();
        if self.begun == 0 && !due.is_empty() {
            ctx.run_later(BURST_TIME, |actor, ctx| {
                actor.begun = 0;
                actor.tick(ctx);
            });
        }
        self.begun += due.len();
        due.into_iter().for_each(|timer| self.fire(timer, ctx));
    }

    fn fire(&mut self, timer: Due, ctx: &mut Context<Self>) {
        let Due {
            stream,
            kind,
            generation,
            ..
        } = timer;
        self.firing.insert(timer);
        let number = u64::from(generation) << 8 | kind as u64;
        let (system, id) = (Principal::System, own_command(stream, "timer", number));
        match stream {
            Stream::Order(order) => {
                let command = Command::TimerDue { kind, generation };
                self.fire_at_order(timer, Envelope::own(system, id, order, command), ctx);
            }
            Stream::Schedule(schedule) => self.fire_scheduled(timer, schedule, id, ctx),
            Stream::Wallet(user) => {
                let command = wallet::Command::TimerDue { kind, generation };
                self.fire_at_wallet(timer, Envelope::own(system, id, user, command), ctx);
            }
            Stream::System | Stream::User(_) | Stream::Store(_) | Stream::Inbox(_) => {
                self.drop_stale(timer)
            }
        }
    }

    fn fire_at_order(&mut self, timer: Due, envelope: Envelope<Command>, ctx: &mut Context<Self>) {
        let Some(orders) = self.orders.clone() else {
            return;
        };
        let sent = async move { orders.send(envelope).await.map(drop) };
        ctx.spawn(
            sent.into_actor(self)
                .map(move |answer, actor, ctx| actor.fired(timer, answer, ctx)),
        );
    }

    fn fire_at_wallet(
        &mut self,
        timer: Due,
        envelope: Envelope<wallet::Command>,
        ctx: &mut Context<Self>,
    ) {
        let Some(owners) = self.owners.clone() else {
            return;
        };
        let sent = async move { owners.submit(envelope).await.map(drop) };
        ctx.spawn(
            sent.into_actor(self)
                .map(move |answer, actor, ctx| actor.fired(timer, answer, ctx)),
        );
    }

    /// Sends the scheduled event to its order, which may refuse it, and records whether it was accepted.
    fn fire_scheduled(
        &mut self,
        timer: Due,
        schedule: ScheduleId,
        id: CommandId,
        ctx: &mut Context<Self>,
    ) {
        let Some(orders) = self.orders.clone() else {
            return;
        };
        let Some(known) = self.scheduled.get(&schedule) else {
            return self.drop_stale(timer);
        };
        let command = Command::ScheduledDue { kind: known.kind };
        let envelope = Envelope::own(Principal::System, id, known.order, command);
        let me: Recipient<Pending<_>> = ctx.address().recipient();
        let sent = async move {
            let accepted = match orders.send(envelope).await {
                Ok(_) => true,
                Err(Refusal::Rejected { .. }) => false,
                Err(refusal) => return Err(refusal),
            };
            let command = schedule::Command::Process { accepted };
            let done = own_command(timer.stream, "processed", 1);
            let processed = Envelope::own(Principal::System, done, schedule, command);
            submit(&me, processed, Votes::default()).await.map(drop)
        };
        ctx.spawn(
            sent.into_actor(self)
                .map(move |answer, actor, ctx| actor.fired(timer, answer, ctx)),
        );
    }

    /// An answer ends the firing. If the timer is still in the table afterwards, it is of an old generation and is
    /// dropped.
    fn fired(&mut self, timer: Due, answer: Result<(), Refusal>, ctx: &mut Context<Self>) {
        match answer {
            Ok(()) | Err(Refusal::Rejected { .. }) => {
                self.drop_stale(timer);
                self.tick(ctx);
            }
            Err(refusal) => {
                tracing::warn!(stream = %timer.stream, kind = timer.kind.as_str(), %refusal, "a timer waits for its answer");
                self.parked += 1;
                ctx.run_later(AGAIN, move |actor, ctx| {
                    actor.parked -= 1;
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
