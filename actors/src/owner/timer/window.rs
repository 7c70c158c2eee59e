//! The window of timers in memory: those due before `edge`, a few thousand at most.
//!
//! Invariant: every armed timer due before the edge is in memory or being read; the others are in the snapshots.

use super::TimerActor;
use crate::refusal::Refusal;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    owner::timetable::Due,
    time::{At, HOUR_MS, MINUTE_MS},
};
use std::time::Duration;

/// Most timers that are in memory after reading.
pub(super) const WINDOW: usize = 8_192;
/// How far the edge is moved at a time.
const STRIDE_MS: u64 = HOUR_MS;
/// How long before the edge is reached more timers are read.
const AHEAD_MS: u64 = 5 * MINUTE_MS;
/// Wait after a failed read.
const AGAIN: Duration = Duration::from_secs(1);

impl TimerActor {
    /// When more timers are to be read; `None` while a read is under way or the window is more than half full. Timers
    /// that wait to be sent again do not count.
    pub(super) fn refill_at(&self) -> Option<At> {
        let waiting = self.table.in_memory().saturating_sub(self.parked);
        let may = !self.refilling && waiting <= WINDOW / 2;
        may.then(|| self.table.edge().minus(AHEAD_MS))
    }

    /// Reads more timers once [`refill_at`](Self::refill_at) has come.
    pub(super) fn refill(&mut self, now: At, ctx: &mut Context<Self>) {
        if self.refill_at().is_some_and(|at| at <= now) {
            let from = self.table.edge();
            let waiting = self.table.in_memory().saturating_sub(self.parked);
            self.bring_in(from, now.max(from).plus(STRIDE_MS), WINDOW - waiting, ctx);
        }
    }

    /// Moves the edge to `to` first, so that newly armed timers go to memory, then reads those in between and merges
    /// them.
    fn bring_in(&mut self, from: At, to: At, most: usize, ctx: &mut Context<Self>) {
        self.refilling = true;
        self.table.set_edge(to);
        let (reads, folded) = (self.reads.clone(), self.folded);
        let reading = async move {
            reads
                .wait_folded(folded)
                .await
                .map_err(|_| Refusal::Stopping)?;
            let limit = most.saturating_add(1);
            let read =
                tokio::task::spawn_blocking(move || reads.timers_between(from, to, limit)).await;
            read.map_err(|_| Refusal::Fault)?.map_err(|fault| {
                tracing::error!(%fault, "reading timers");
                Refusal::Fault
            })
        };
        ctx.spawn(
            reading
                .into_actor(self)
                .map(move |read, actor, ctx| match read {
                    Ok(timers) => actor.merge(from, most, timers, ctx),
                    Err(_) => {
                        actor.table.set_edge(from);
                        ctx.run_later(AGAIN, |actor, ctx| {
                            actor.refilling = false;
                            actor.tick(ctx);
                        });
                    }
                }),
        );
    }

    /// Adds the timers that were read. If there are more than `most`, the edge moves back to the first one that does
    /// not fit. If they are all due in the same millisecond, they are all read, since the edge could never move past
    /// them otherwise.
    fn merge(&mut self, from: At, most: usize, timers: Vec<Due>, ctx: &mut Context<Self>) {
        match timers.get(most).map(|left_out| left_out.due) {
            Some(edge) if edge <= from => {
                return self.bring_in(from, from.plus(1), usize::MAX, ctx);
            }
            Some(edge) => self.table.set_edge(edge),
            None => {}
        }
        timers.into_iter().for_each(|timer| self.table.merge(timer));
        self.refilling = false;
        self.tick(ctx);
    }

    /// If newly armed timers have overfilled the window, moves the edge back; the later timers stay in the snapshots.
    pub(super) fn keep_the_window_small(&mut self) {
        if self.table.in_memory() <= 2 * WINDOW {
            return;
        }
        let kept = self.table.due(At(u64::MAX), WINDOW).last();
        if let (Some(last), Some(first)) = (kept, self.table.next_due())
            && last.due > first
        {
            self.table.set_edge(last.due);
        }
    }
}
