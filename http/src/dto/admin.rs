//! Request bodies and query strings of the operators' routes.

use crate::{
    json::{Amount, JsonText},
    problem::Problem,
    time::Time,
    wire,
};
use campusg_domain::{
    id::OrderId,
    order::{Ending, Fault},
    timer::TimerKind,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// An operator's reason for a command; it is kept in the audit log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonIn {
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}

impl ReasonIn {
    /// Refuses an empty reason, and one of more than 500 characters.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        super::text::check("reason", &self.reason, 500).map(drop)
    }
}

/// Body of a command that ends an order.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"to_runner_cents": 300, "reason": "The store burned down."})))]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleIn {
    to_runner_cents: Option<Amount>,
    refund_cents: Option<Amount>,
    #[schema(value_type = Option<wire::Fault>)]
    at_fault: Option<Fault>,
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}

impl SettleIn {
    /// Checks that the fields fit together. Before the purchase `to_runner_cents` says what the runner gets for the
    /// trip; after it `refund_cents` and `at_fault` say what the customer gets back and who bears it.
    pub(crate) fn ending(&self) -> Result<Ending, Problem> {
        match (self.to_runner_cents, self.refund_cents, self.at_fault) {
            (Some(Amount(to_runner)), None, None) => Ok(Ending::Trip { to_runner }),
            (None, Some(Amount(refund)), Some(at_fault)) => Ok(Ending::Divide { refund, at_fault }),
            (None, Some(_), None) => Err(Problem::field("at_fault", "is needed with refund_cents")),
            (None, None, Some(_)) => Err(Problem::field("refund_cents", "is needed with at_fault")),
            (Some(_), Some(_), _) => Err(Problem::field(
                "refund_cents",
                "does not go with to_runner_cents",
            )),
            (Some(_), None, Some(_)) => Err(Problem::field(
                "at_fault",
                "does not go with to_runner_cents",
            )),
            (None, None, None) => Err(Problem::field(
                "to_runner_cents",
                "is needed, or refund_cents and at_fault once the food is bought",
            )),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleIn {
    #[schema(value_type = wire::TimerKind)]
    pub(crate) event_type: TimerKind,
    #[schema(value_type = wire::OrderId)]
    pub(crate) entity_id: OrderId,
    pub(crate) scheduled_time: Time,
    #[serde(default)]
    pub(crate) payload: JsonText,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SagasIn {
    pub(crate) state: Option<SagaStateIn>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SagaStateIn {
    /// A step or a call keeps failing and needs a person.
    Stalled,
    /// The order has not ended, or a call or a dispute of it is open.
    Running,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceIn {
    #[schema(value_type = wire::Advance)]
    pub(crate) advance_ms: u64,
}
