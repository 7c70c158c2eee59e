//! How far an order's sagas have come: for operators.

use campusg_domain::{
    call::CallState,
    id::OrderId,
    order::{Order, Role, Status, allowed},
    policy::Policy,
    saga::Mark,
    time::At,
};
use serde::Serialize;

/// One step of a saga.
#[derive(Debug, Serialize)]
pub(crate) struct StepView {
    saga: &'static str,
    step: &'static str,
    state: Mark,
}

/// Every step that was begun.
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

/// An order with its sagas, and what can be done about what keeps failing.
#[derive(Debug, Serialize)]
pub(crate) struct SagaView {
    order_id: OrderId,
    order_status: Status,
    state: &'static str,
    /// Where something keeps failing, only that; else every step that was begun.
    steps: Vec<StepView>,
    /// Calls to the gateway that had no answer and wait for their retry.
    resting_calls: Vec<RestingView>,
    /// `retry`, `skip`, `compensate`: what would do something now.
    remedies: Vec<&'static str>,
}

/// A call without an answer.
#[derive(Debug, Serialize)]
pub(crate) struct RestingView {
    call: u16,
    purpose: &'static str,
    failures: u16,
    moves_money: bool,
    /// Whether it was tried as often as it is by itself.
    stalled: bool,
}

impl SagaView {
    pub(crate) fn of(order: &Order, policy: &Policy, now: At) -> Self {
        let stalled = order.keeps_failing(policy.retry_tries);
        let resting = order
            .calls
            .iter()
            .filter(|(_, call)| call.state == CallState::Deferred);
        let steps = steps(order).into_iter();
        let remedies = allowed(order, Role::Operator, policy, now).into_iter();
        Self {
            order_id: order.id,
            order_status: order.status(),
            state: if stalled { "stalled" } else { "running" },
            steps: steps
                .filter(|step| !stalled || step.state == Mark::Stalled)
                .collect(),
            resting_calls: resting
                .map(|(n, call)| RestingView {
                    call: *n,
                    purpose: call.kind.purpose(),
                    failures: call.failures,
                    moves_money: order.moves_money(call.kind),
                    stalled: call.failures >= policy.retry_tries,
                })
                .collect(),
            remedies: remedies
                .filter(|name| ["retry", "skip", "compensate"].contains(name))
                .collect(),
        }
    }
}
