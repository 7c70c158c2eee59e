//! How far an order's sagas have come: for operators.

use campusg_domain::{
    id::OrderId,
    order::{Order, Status},
    saga::{Mark, Saga},
};
use serde::Serialize;

/// One step of a saga.
#[derive(Debug, Serialize)]
pub(crate) struct StepView {
    saga: &'static str,
    step: &'static str,
    state: Mark,
}

/// The name of a step.
pub(crate) fn name(saga: Saga, step: u8) -> &'static str {
    saga.plan()
        .steps
        .get(usize::from(step))
        .map_or("unknown", |step| step.name)
}

/// Every step that was begun.
pub(crate) fn steps(order: &Order) -> Vec<StepView> {
    let steps = order.saga.steps();
    steps
        .map(|(saga, step, state)| StepView {
            saga: saga.plan().name,
            step: name(saga, step),
            state,
        })
        .collect()
}

/// An order with a step that needs a person.
#[derive(Debug, Serialize)]
pub(crate) struct StuckView {
    order_id: OrderId,
    order_status: Status,
    steps: Vec<StepView>,
    /// Calls to the gateway that had no answer, and how often.
    resting_calls: Vec<RestingView>,
}

/// A call without an answer.
#[derive(Debug, Serialize)]
pub(crate) struct RestingView {
    call: u16,
    purpose: &'static str,
    failures: u16,
}

impl From<&Order> for StuckView {
    fn from(order: &Order) -> Self {
        let resting = order
            .calls
            .iter()
            .filter(|(_, call)| call.state == campusg_domain::call::CallState::Resting);
        Self {
            order_id: order.id,
            order_status: order.status(),
            steps: steps(order)
                .into_iter()
                .filter(|step| step.state == Mark::Stuck)
                .collect(),
            resting_calls: resting
                .map(|(n, call)| RestingView {
                    call: *n,
                    purpose: call.kind.purpose(),
                    failures: call.failures,
                })
                .collect(),
        }
    }
}
