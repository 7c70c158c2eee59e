//! The window of timers in memory: `[now, edge)`, a few thousand at most.

use super::TimerActor;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    owner::timetable::Due,
    time::{At, HOUR_MS, MINUTE_MS},
};
use std::time::Duration;

/// Most timers read into memory at once.
const WINDOW: usize = 8_192;
/// How far the edge is moved at a time.
const STRIDE_MS: u64 = HOUR_MS;
/// How long before the edge the next stretch is read.
const AHEAD_MS: u64 = 5 * MINUTE_MS;
/// Wait after a read that failed.
const AGAIN: Duration = Duration::from_secs(1);

impl TimerActor {
    /// When the next stretch is to be read.
    pub(super) fn refill_at(&self) -> At {
        self.table.edge().minus(AHEAD_MS)
    }

    /// Raises the edge first, so that new arms land in memory, then reads what lies between and merges it.
    pub(super) fn refill(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        if self.refilling || now < self.refill_at() || self.table.in_memory() >= WINDOW {
            return;
        }
        let from = self.table.edge();
        let to = now.max(from).plus(STRIDE_MS);
        self.refilling = true;
        self.table.set_edge(to);
        let (reads, folded) = (self.reads.clone(), self.folded);
        let reading = async move {
            // An error says that the projector has ended; so does the read.
            let _ = reads.wait_folded(folded).await;
            tokio::task::spawn_blocking(move || reads.timers_between(from, to, WINDOW + 1)).await
        };
        ctx.spawn(reading.into_actor(self).map(move |read, actor, ctx| {
            actor.refilling = false;
            match read {
                Ok(Ok(timers)) => actor.merge(timers),
                fault => {
                    tracing::error!(?fault, "reading timers");
                    actor.table.set_edge(from);
                    ctx.run_later(AGAIN, Self::tick);
                    return;
                }
            }
            actor.tick(ctx);
        }));
    }

    /// Too many: the edge goes back to the last one read, and the rest stays in the snapshots.
    fn merge(&mut self, timers: Vec<Due>) {
        let beyond = (timers.len() > WINDOW).then(|| timers[WINDOW].due);
        timers.into_iter().for_each(|timer| self.table.merge(timer));
        if let Some(edge) = beyond {
            self.table.set_edge(edge.max(self.clock.now().plus(1)));
        }
    }

    /// New arms filled the window: the later half stays in the snapshots.
    pub(super) fn keep_the_window_small(&mut self) {
        if self.table.in_memory() > 2 * WINDOW
            && let Some(last) = self.table.due(At(u64::MAX), WINDOW).last()
            && last.due > self.clock.now()
        {
            self.table.set_edge(last.due);
        }
    }
}
