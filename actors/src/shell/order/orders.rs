//! Sends commands to orders through the registry, which starts their actors on demand.

use super::{
    OrderActor,
    message::{Deliver, Done, Peek},
};
use crate::{
    refusal::Refusal,
    registry::{AskFault, Limits, Origin, Registry, RestartPolicy},
    services::Services,
    shell::commit::Committed,
};
use actix_rt::ArbiterHandle;
use campusg_domain::{
    id::{OrderId, Principal},
    order::{Command, Order},
    stream::Envelope,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// When to try again after a refusal because no permit was left, in milliseconds.
const RETRY_AFTER_MS: u64 = 1_000;

impl From<AskFault> for Refusal {
    fn from(fault: AskFault) -> Self {
        match fault {
            AskFault::Busy(_) => Self::Busy {
                retry_after_ms: RETRY_AFTER_MS,
            },
            AskFault::NeedsAttention { .. } => Self::NeedsAttention,
            AskFault::Stopping => Self::Stopping,
            AskFault::Closed | AskFault::Unanswered => Self::Unknown,
        }
    }
}

/// The addresses of all orders. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Orders(Registry<OrderActor>);

impl Orders {
    /// `arbiters` are the threads on which the orders' actors run.
    pub(crate) fn new(
        arbiters: Vec<ArbiterHandle>,
        services: Arc<Services>,
        limits: Limits,
    ) -> Self {
        let clock = Arc::clone(&services.clock);
        let factory = Arc::new(move |_, lease| OrderActor::new(Arc::clone(&services), lease));
        let monotonic = Arc::new(move || clock.monotonic_ms());
        Self(Registry::new(
            arbiters,
            factory,
            monotonic,
            limits,
            RestartPolicy::default(),
        ))
    }

    /// Gives an order a command and waits for its answer.
    pub(crate) async fn send(&self, envelope: Envelope<Command>) -> Result<Done, Refusal> {
        self.deliver(envelope, false).await
    }

    /// Places an order under an id that was made for this very command and is known to nobody else.
    pub(crate) async fn place(&self, envelope: Envelope<Command>) -> Result<Done, Refusal> {
        self.deliver(envelope, true).await
    }

    /// Returns the order as its actor knows it: independent of the snapshots, and never behind its last record.
    /// `None` if it was never placed.
    pub(crate) async fn look(&self, order: OrderId) -> Result<Option<Arc<Order>>, Refusal> {
        let look = |permit| Peek { permit };
        self.0.ask(order, Origin::Inside, look).await?
    }

    async fn deliver(&self, envelope: Envelope<Command>, is_fresh: bool) -> Result<Done, Refusal> {
        // Only the first try can rely on the id being fresh: a later one may have to find what the first has written.
        let is_fresh = AtomicBool::new(is_fresh);
        let committed = Committed::default();
        let from = match envelope.meta.principal {
            Principal::User(_) | Principal::Operator(_) => Origin::Outside,
            Principal::System | Principal::Gateway => Origin::Inside,
        };
        let message = |permit| Deliver {
            envelope: envelope.clone(),
            is_fresh: is_fresh.swap(false, Ordering::Relaxed),
            committed: Arc::clone(&committed),
            permit: Some(permit),
        };
        self.0.ask(envelope.target, from, message).await?
    }

    /// Returns the registry that starts and supervises the orders.
    pub(crate) const fn registry(&self) -> &Registry<OrderActor> {
        &self.0
    }
}

impl std::fmt::Debug for Orders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Orders")
            .field("live", &self.0.live_count())
            .finish()
    }
}
