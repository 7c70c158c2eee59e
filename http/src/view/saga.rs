//! Views of an order's sagas, for operators.

use crate::wire;
use campusg_domain::{
    call::CallState,
    id::OrderId,
    order::{Order, Role, Status, allowed},
    policy::Policy,
    saga::Mark,
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    saga: &'static str,
    step: &'static str,
    #[schema(value_type = wire::Mark)]
    state: Mark,
}

/// Returns every step that was begun.
pub(crate) fn steps(order: &Order) -> Vec<StepView> {
    let steps = order.saga.steps();
    steps
        .map(|(step, state)| StepView {
            saga: step.saga().name(),
            step: step.name(),
            state,
        })
        .collect()
}

/// An order with its sagas, and the actions that would help with a stalled step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SagaView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    #[schema(value_type = wire::Status)]
    order_status: Status,
    state: &'static str,
    /// If something is stalled, only the stalled steps; otherwise every step that was begun.
    steps: Vec<StepView>,
    /// Deferred calls to the gateway: they had no answer and wait for their retry.
    deferred_calls: Vec<DeferredCallView>,
    /// The actions that would have an effect now: `retry`, `skip`, `compensate`.
    allowed_actions: Vec<&'static str>,
}

/// A deferred call to the gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeferredCallView {
    call: u16,
    purpose: &'static str,
    failures: u16,
    moves_money: bool,
    /// Whether all automatic tries have been used.
    stalled: bool,
}

impl SagaView {
    pub(crate) fn of(order: &Order, policy: &Policy, now: At) -> Self {
        let stalled = order.keeps_failing(policy.retry_tries);
        let deferred = order
            .calls
            .iter()
            .filter(|(_, call)| call.state == CallState::Deferred);
        let steps = steps(order).into_iter();
        let allowed_actions = allowed(order, Role::Operator, policy, now).into_iter();
        Self {
            order_id: order.id,
            order_status: order.status(),
            state: if stalled { "stalled" } else { "running" },
            steps: steps
                .filter(|step| !stalled || step.state == Mark::Stalled)
                .collect(),
            deferred_calls: deferred
                .map(|(n, call)| DeferredCallView {
                    call: *n,
                    purpose: call.kind.purpose(),
                    failures: call.failures,
                    moves_money: order.moves_money(call.kind),
                    stalled: call.failures >= policy.retry_tries,
                })
                .collect(),
            allowed_actions: allowed_actions
                .filter(|name| ["retry", "skip", "compensate"].contains(name))
                .collect(),
        }
    }
}
