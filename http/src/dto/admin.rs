//! Bodies of the operators' routes.

use crate::{problem::Problem, time::Time};
use campusg_domain::{id::OrderId, order::TimerKind};
use serde::Deserialize;
use serde_json::Value;

/// Why an operator does something; it stands in the audit log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonIn {
    pub(crate) reason: String,
}

impl ReasonIn {
    /// Refuses an empty or very long reason.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        super::text::check("reason", &self.reason, 500)
    }
}

/// Schedules an event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleIn {
    pub(crate) event_type: TimerKind,
    pub(crate) entity_id: OrderId,
    pub(crate) scheduled_time: Time,
    #[serde(default)]
    pub(crate) payload: Value,
}

/// Which sagas are listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SagasIn {
    pub(crate) state: Option<SagaStateIn>,
}

/// The states that can be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SagaStateIn {
    Stuck,
}

/// Moves a virtual clock on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceIn {
    pub(crate) advance_ms: u64,
}
