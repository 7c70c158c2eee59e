//! `GET /health/ready`: 200 if commands can be taken and the clock can be trusted.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    problem::{Code, Problem},
    time,
    view::platform::{ConditionName, GatewayView, ReadyView},
};
use axum::extract::State;
use campusg_actors::runtime::Condition;
use serde::Serialize;
use serde_json::Value;

pub(crate) async fn ready(State(app): State<AppState>) -> Result<Found<ReadyView>, Problem> {
    let found = app.runtime().readiness();
    if let (true, Some(step)) = (found.journal, found.clock) {
        let detail = "the clock jumped: commands are taken, in a time that goes on as if it had not, until it is set right or somebody accepts it";
        let problem = Problem::new(Code::ClockStepped, detail);
        return Err(problem
            .with("archive", found.archive)
            .with("lag_records", found.lag)
            .with("now", time::rfc3339(step.now))
            .with("clock_shows", time::rfc3339(step.shown)));
    }
    if found.journal && found.gateway_trouble.is_none() {
        return Ok(answer::ok(&ReadyView::from(&found)));
    }
    let problem = Problem::new(
        Code::NotReady,
        if found.journal {
            "the payment gateway can't work: commands are taken, and payments wait until it can"
        } else if found.full {
            "the disk is full: the journal takes no writes until there is room"
        } else if matches!(found.snapshots, Condition::Rebuilding { halted: true, .. }) {
            "a damaged snapshot store is being rebuilt from the journal"
        } else {
            "the journal takes no writes"
        },
    );
    Err(problem
        .with("archive", found.archive)
        .with("snapshots", told(&ConditionName::from(&found.snapshots)))
        .with("lag_records", found.lag)
        .with("gateway", told(&GatewayView::from(&found)))
        .retry_after_ms(1_000))
}

fn told(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}
