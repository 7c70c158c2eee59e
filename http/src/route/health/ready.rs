//! `GET /health/ready`: 200 if commands can be taken and the clock can be trusted.

use crate::{
    answer,
    app_state::AppState,
    problem::{Code, Problem},
    time,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{Condition, Readiness};
use serde_json::{Value, json};

pub(crate) async fn ready(State(app): State<AppState>) -> Result<Response, Problem> {
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
        return Ok(answer::ok(&json!({
            "status": "ready",
            "archive": found.archive,
            "snapshots": condition(&found.snapshots),
            "lost_photos": found.lost_photos,
            "lag_records": found.lag,
            "gateway": gateway(&found),
        })));
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
        .with("snapshots", condition(&found.snapshots))
        .with("lag_records", found.lag)
        .with("gateway", gateway(&found))
        .retry_after_ms(1_000))
}

/// The condition of the snapshot stores, in one word.
pub(crate) const fn condition(found: &Condition) -> &'static str {
    match found {
        Condition::Whole { .. } => "whole",
        Condition::Opening => "opening",
        Condition::Rebuilding { .. } => "rebuilding",
    }
}

/// What is held back at the payment gateway, and how many cards it could not reach.
pub(crate) fn gateway(found: &Readiness) -> Value {
    let held_back = found.held_back.iter().map(
        |calls| json!({"calls": calls.purpose, "of": calls.brand.as_deref().unwrap_or("gateway")}),
    );
    json!({
        "held_back": held_back.collect::<Vec<_>>(),
        "silent_cards": found.silent_cards,
        "trouble": found.gateway_trouble,
    })
}
