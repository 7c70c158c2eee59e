//! The order's shell: one actor per live order, thin and always in the same sequence.
//!
//! (load) → known id? → asks → votes → decide → fill → check → commit → (ack) → evolve → reply. The mailbox is closed
//! from the first step to the reply (`ctx.wait`), so nothing interleaves and memory is never ahead of the disk. Effects
//! belong to the owners that fold the record.
//! Must not: hold a rule, make a call, or use `ctx.spawn`. The load before the first command is the recovery; there is
//! no other. An order whose load fails says so to the one who asked, and ends: the next one loads it anew.

mod execute;
mod message;
#[cfg(test)]
mod tests;

pub(crate) use message::{Done, Peek, ToActor};

use crate::{
    env::Env,
    registry::{Lease, Resident},
    runtime::Refusal,
};
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture,
};
use campusg_domain::{
    id::{OrderId, Seq},
    order::Order,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// What the actor knows of its order.
#[derive(Clone)]
enum Known {
    /// Nothing: it has to be loaded first.
    Unread,
    /// As of its last record; `None` if it was never placed.
    Read(Option<Arc<Order>>),
}

/// One live order.
pub(crate) struct OrderActor {
    env: Arc<Env>,
    known: Known,
    last_command_ms: u64,
    // The last field: fields are dropped in order, and the lease says "I am gone".
    lease: Lease<OrderId>,
}

impl OrderActor {
    /// An order that loads itself before its first command.
    pub(crate) fn new(env: Arc<Env>, lease: Lease<OrderId>) -> Self {
        Self {
            env,
            known: Known::Unread,
            last_command_ms: 0,
            lease,
        }
    }

    /// Ends itself when nothing came for a while: whatever must wake it lives with its owner.
    fn passivate_when_idle(&mut self, ctx: &mut Context<Self>) {
        let ended = !matches!(&self.known, Known::Read(Some(order)) if !order.is_terminal());
        let idle_ms = if ended {
            self.env.idle_ended_ms
        } else {
            self.env.idle_ms
        };
        let idle_since_ms = self
            .env
            .clock
            .monotonic_ms()
            .saturating_sub(self.last_command_ms);
        if idle_since_ms >= idle_ms {
            ctx.stop();
        } else {
            ctx.run_later(
                Duration::from_millis(idle_ms - idle_since_ms),
                Self::passivate_when_idle,
            );
        }
    }
}

impl Resident for OrderActor {
    type Key = OrderId;

    fn lease(&self) -> &Lease<OrderId> {
        &self.lease
    }
}

impl Actor for OrderActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.last_command_ms = self.env.clock.monotonic_ms();
        self.passivate_when_idle(ctx);
    }
}

/// What a predecessor queued is decided first; then the snapshot that has folded it is read.
async fn load(env: &Env, id: OrderId) -> Result<Option<Arc<Order>>, Refusal> {
    let (decided, barrier) = oneshot::channel();
    env.queue.barrier(move |result| {
        // An actor that is gone needs no answer.
        let _ = decided.send(result);
    });
    let last = barrier.await.map_err(|_| Refusal::Unknown)??;
    env.reads
        .wait_folded(Seq(last))
        .await
        .map_err(|_| Refusal::Stopping)?;
    if env.reads.is_quarantined(id) {
        tracing::error!(order.id = %id, "a record of this order can't be folded");
        return Err(Refusal::NeedsAttention);
    }
    env.read(move |reads| reads.order(id)).await
}

impl OrderActor {
    /// Does something with what is known of the order, which is loaded first if it has to be; nothing interleaves.
    fn knowing<T: 'static, W>(
        &self,
        is_fresh: bool,
        work: impl FnOnce(Arc<Env>, OrderId, Option<Arc<Order>>) -> W + 'static,
    ) -> AtomicResponse<Self, Result<T, Refusal>>
    where
        W: Future<Output = (Option<Arc<Order>>, Result<T, Refusal>)>,
    {
        let (env, id, known) = (Arc::clone(&self.env), self.lease.key(), self.known.clone());
        let worked = async move {
            let before = match known {
                Known::Read(before) => before,
                // An id made for this very command has no past, and no predecessor that could have written one.
                Known::Unread if is_fresh => None,
                Known::Unread => load(&env, id).await?,
            };
            Ok(work(env, id, before).await)
        };
        AtomicResponse::new(Box::pin(worked.into_actor(self).map(|worked, actor, ctx| match worked {
            Ok((after, answer)) => {
                actor.known = Known::Read(after);
                answer
            }
            Err(refusal) => {
                tracing::error!(order.id = %actor.lease.key(), %refusal, "the order can't be loaded");
                ctx.stop();
                Err(refusal)
            }
        })))
    }
}

impl Handler<ToActor> for OrderActor {
    type Result = AtomicResponse<Self, Result<Done, Refusal>>;

    fn handle(&mut self, message: ToActor, _: &mut Context<Self>) -> Self::Result {
        self.last_command_ms = self.env.clock.monotonic_ms();
        self.knowing(message.is_fresh, async move |env, id, before| {
            execute::execute(&env, id, before, message).await
        })
    }
}

impl Handler<Peek> for OrderActor {
    type Result = AtomicResponse<Self, Result<Option<Arc<Order>>, Refusal>>;

    fn handle(&mut self, _: Peek, _: &mut Context<Self>) -> Self::Result {
        self.knowing(false, async |_, _, known| (known.clone(), Ok(known)))
    }
}
