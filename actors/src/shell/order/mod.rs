//! The order's shell: one actor per live order, which carries out every command in the same sequence.
//!
//! (load) → key claimed? → votes → decide → fill → check → commit → ack → reply. Filling also makes the order after the
//! command, so that it can be checked; the actor keeps it once the ack has given it its number. The mailbox is closed
//! from the first step to the reply (`ctx.wait`), so commands do not interleave and memory is never ahead of the disk.
//! Effects belong to the owners that fold the record.
//!
//! Must not: hold a rule, make a call, or use `ctx.spawn`. Loading before the first command is the only recovery. If
//! it fails, the caller gets the error and the actor ends, so that the next command loads the order again.

mod execute;
mod message;
mod orders;
#[cfg(test)]
mod tests;

pub(crate) use message::Done;
pub(crate) use orders::Orders;

use crate::{
    refusal::Refusal,
    registry::{Lease, Resident},
    services::Services,
};
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture,
};
use campusg_domain::{
    id::{OrderId, Seq},
    order::Order,
};
use message::{Deliver, Peek};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// What the actor has in memory of its order.
#[derive(Clone)]
enum Known {
    /// The order has to be loaded first.
    Unread,
    /// The order as of its last record; `None` if it was never placed.
    Read(Option<Arc<Order>>),
}

/// The actor of one live order.
pub(crate) struct OrderActor {
    services: Arc<Services>,
    known: Known,
    last_command_ms: u64,
    // The last field: fields are dropped in order, and the lease reports the end.
    lease: Lease<OrderId>,
}

impl OrderActor {
    /// Starts without state; the order is loaded before the first command.
    pub(crate) fn new(services: Arc<Services>, lease: Lease<OrderId>) -> Self {
        Self {
            services,
            known: Known::Unread,
            last_command_ms: 0,
            lease,
        }
    }

    /// Ends the actor when no command has come for a while. Whatever must wake the order is kept by an owner.
    fn passivate_when_idle(&mut self, ctx: &mut Context<Self>) {
        let ended = !matches!(&self.known, Known::Read(Some(order)) if !order.is_terminal());
        let idle_ms = if ended {
            self.services.idle_ended_ms
        } else {
            self.services.idle_ms
        };
        let idle_since_ms = self
            .services
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
        self.last_command_ms = self.services.clock.monotonic_ms();
        self.passivate_when_idle(ctx);
    }
}

/// Waits until records that an earlier incarnation queued are decided, then reads the snapshot that has folded them.
async fn load(services: &Services, id: OrderId) -> Result<Option<Arc<Order>>, Refusal> {
    let (decided, barrier) = oneshot::channel();
    services.queue.barrier(move |result| {
        // An error only means that the actor is gone.
        let _ = decided.send(result);
    });
    let last = barrier.await.map_err(|_| Refusal::Unknown)??;
    services
        .reads
        .wait_folded(Seq(last))
        .await
        .map_err(|_| Refusal::Stopping)?;
    if services.reads.is_quarantined(id) {
        tracing::error!(order.id = %id, "a record of this order can't be folded");
        return Err(Refusal::NeedsAttention);
    }
    services.read(move |reads| reads.order(id)).await
}

impl OrderActor {
    /// Runs `work` on the order, loading it first if necessary; no other message is handled meanwhile.
    fn with_order<T: 'static, W>(
        &self,
        is_fresh: bool,
        work: impl FnOnce(Arc<Services>, Option<Arc<Order>>) -> W + 'static,
    ) -> AtomicResponse<Self, Result<T, Refusal>>
    where
        W: Future<Output = (Option<Arc<Order>>, Result<T, Refusal>)>,
    {
        let (services, id, known) = (
            Arc::clone(&self.services),
            self.lease.key(),
            self.known.clone(),
        );
        let worked = async move {
            let before = match known {
                Known::Read(before) => before,
                // An id made for this very command has no past, and no earlier incarnation can have written one.
                Known::Unread if is_fresh => None,
                Known::Unread => load(&services, id).await?,
            };
            Ok(work(services, before).await)
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

impl Handler<Deliver> for OrderActor {
    type Result = AtomicResponse<Self, Result<Done, Refusal>>;

    fn handle(&mut self, message: Deliver, _: &mut Context<Self>) -> Self::Result {
        self.last_command_ms = self.services.clock.monotonic_ms();
        self.with_order(message.is_fresh, async move |services, before| {
            execute::execute(&services, before, &message.envelope, &message.committed).await
        })
    }
}

impl Handler<Peek> for OrderActor {
    type Result = AtomicResponse<Self, Result<Option<Arc<Order>>, Refusal>>;

    fn handle(&mut self, _: Peek, _: &mut Context<Self>) -> Self::Result {
        self.with_order(false, async |_, known| (known.clone(), Ok(known)))
    }
}
