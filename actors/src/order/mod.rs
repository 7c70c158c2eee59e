//! The order's shell: one actor per live order, thin and always in the same sequence.
//!
//! known id? → asks → votes → decide → fill → check → commit → (ack) → evolve → reply. The mailbox is closed from asks to
//! reply (`ctx.wait`), so nothing interleaves and memory is never ahead of the disk. Effects belong to the owners that
//! fold the record.
//! Must not: hold a rule, make a call, or use `ctx.spawn`. `started` is the recovery; there is no other.

mod execute;
mod message;
pub(crate) use message::{Done, ToActor};

use crate::{
    env::Env,
    registry::{Lease, Resident},
    runtime::Refusal,
};
use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture};
use campusg_domain::{id::{OrderId, Seq}, order::Order};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// How long a live order stays without a command.
const IDLE_MS: u64 = 60_000;
/// How long an ended one stays.
const IDLE_ENDED_MS: u64 = 5_000;

/// One live order.
pub(crate) struct OrderActor {
    env: Env,
    order: Option<Arc<Order>>,
    broken: bool,
    last_command_ms: u64,
    // The last field: fields are dropped in order, and the lease says "I am gone".
    lease: Lease<OrderId>,
}

impl OrderActor {
    /// An order that loads itself when it starts.
    pub(crate) fn new(env: Env, lease: Lease<OrderId>) -> Self {
        Self { env, order: None, broken: false, last_command_ms: 0, lease }
    }

    /// Ends itself when nothing came for a while: whatever must wake it lives with its owner.
    fn passivate_when_idle(&mut self, ctx: &mut Context<Self>) {
        let idle_ms = if self.order.as_ref().is_none_or(|order| order.is_terminal()) { IDLE_ENDED_MS } else { IDLE_MS };
        let idle_since_ms = self.env.clock.monotonic_ms().saturating_sub(self.last_command_ms);
        if idle_since_ms >= idle_ms {
            ctx.stop();
        } else {
            ctx.run_later(Duration::from_millis(idle_ms - idle_since_ms), Self::passivate_when_idle);
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
        let (env, id) = (self.env.clone(), self.lease.key());
        let loading = async move { load(&env, id).await }.into_actor(self).map(|loaded, actor, ctx| match loaded {
            Ok(order) => {
                actor.order = order;
                actor.passivate_when_idle(ctx);
            }
            Err(refusal) => {
                tracing::error!(order.id = %actor.lease.key(), %refusal, "the order can't be loaded");
                actor.broken = true;
                actor.passivate_when_idle(ctx);
            }
        });
        ctx.wait(loading);
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
    env.reads.wait_folded(Seq(last)).await.map_err(|_| Refusal::Stopping)?;
    if env.reads.is_apart(id) {
        tracing::error!(order.id = %id, "a record of this order can't be folded");
        return Err(Refusal::NeedsAttention);
    }
    env.read(move |reads| reads.order(id)).await
}

impl Handler<ToActor> for OrderActor {
    type Result = AtomicResponse<Self, Result<Done, Refusal>>;

    fn handle(&mut self, message: ToActor, _: &mut Context<Self>) -> Self::Result {
        self.last_command_ms = self.env.clock.monotonic_ms();
        if self.broken {
            return AtomicResponse::new(Box::pin(async { Err(Refusal::Fault) }.into_actor(self)));
        }
        let (env, id, before) = (self.env.clone(), self.lease.key(), self.order.clone());
        let executed = async move { execute::execute(&env, id, before, message).await };
        AtomicResponse::new(Box::pin(executed.into_actor(self).map(|(after, answer), actor, _| {
            actor.order = after;
            answer
        })))
    }
}
