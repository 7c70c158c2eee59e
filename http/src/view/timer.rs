//! Views of orders' timers, and of events scheduled over the API.

use crate::{time::Time, wire};
use campusg_domain::{
    id::{OrderId, ScheduleId},
    order::{Order, Role},
    owner::schedule::Scheduled,
    time::At,
    timer::{TimerKind, TimerState},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An order's newest timer of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TimerView {
    #[schema(value_type = wire::TimerKind)]
    pub(crate) event_type: TimerKind,
    generation: u32,
    scheduled_time: Time,
    #[schema(value_type = wire::TimerState)]
    status: TimerState,
}

/// Returns the timers that this role may see. A runner sees those of the errand, not those of the payment.
pub(crate) fn timers(order: &Order, role: Role) -> Vec<TimerView> {
    let visible = |kind: TimerKind| match role {
        Role::Customer | Role::Operator => true,
        Role::Runner => concerns_the_runner(kind),
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => false,
    };
    let shown = order.timers.iter().filter(|(kind, _)| visible(**kind));
    shown
        .map(|(kind, timer)| TimerView {
            event_type: *kind,
            generation: timer.generation,
            scheduled_time: timer.due.into(),
            status: timer.state,
        })
        .collect()
}

const fn concerns_the_runner(kind: TimerKind) -> bool {
    match kind {
        TimerKind::OrderTimeout
        | TimerKind::RunnerIdle
        | TimerKind::StoreWait
        | TimerKind::ProposalExpiry
        | TimerKind::CancelWait
        | TimerKind::DeliveryReminder
        | TimerKind::NoShowWait
        | TimerKind::DisputeWindow
        | TimerKind::DisputeSla
        | TimerKind::RatingWindow => true,
        TimerKind::PaymentAction
        | TimerKind::BoardOpen
        | TimerKind::PaymentAuthorizationExpiry
        | TimerKind::EscrowTimeout
        | TimerKind::StepRetry
        | TimerKind::Scheduled => false,
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduledView {
    #[schema(value_type = wire::ScheduleId)]
    id: ScheduleId,
    #[schema(value_type = wire::TimerKind)]
    event_type: TimerKind,
    #[schema(value_type = wire::OrderId)]
    entity_id: OrderId,
    scheduled_time: Time,
    #[schema(value_type = wire::TimerState)]
    status: TimerState,
    /// Whether the order accepted the command; null before the event has fired.
    accepted: Option<bool>,
    #[schema(value_type = wire::AnyJson)]
    payload: Value,
}

impl ScheduledView {
    /// The view of an event that has just been scheduled.
    pub(crate) fn new(
        id: ScheduleId,
        kind: TimerKind,
        order: OrderId,
        due: At,
        payload: &str,
    ) -> Self {
        Self {
            id,
            event_type: kind,
            entity_id: order,
            scheduled_time: due.into(),
            status: TimerState::Pending,
            accepted: None,
            payload: serde_json::from_str(payload).unwrap_or(Value::Null),
        }
    }

    /// The view of an event with its opened payload; `None` where that can't be opened any more.
    pub(crate) fn of(id: ScheduleId, event: &Scheduled, payload: Option<&str>) -> Self {
        Self {
            id,
            event_type: event.kind,
            entity_id: event.order,
            scheduled_time: event.due.into(),
            status: event.state,
            accepted: event.accepted,
            payload: payload
                .and_then(|payload| serde_json::from_str(payload).ok())
                .unwrap_or(Value::Null),
        }
    }
}
