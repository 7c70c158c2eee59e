//! `GET /api/admin/actors`: the actors that are running now.

use crate::{answer, app_state::AppState, problem::Problem, route::health};
use axum::{extract::State, response::Response};
use serde_json::json;

pub(crate) async fn actors(State(app): State<AppState>) -> Result<Response, Problem> {
    let found = app.runtime().actors().await?;
    let gateway = health::ready::gateway(&app.runtime().readiness());
    Ok(answer::ok(&json!({
        "orders": found.orders,
        "commands": found.commands,
        "quarantined": found.quarantined,
        "timers_armed": found.timers.0,
        "timers_in_memory": found.timers.1,
        "open_calls": found.open_calls,
        "gateway": gateway,
        "written_seq": found.written,
        "folded_seq": found.folded,
        "journal": {
            "groups": found.journal.groups,
            "records": found.journal.records,
            "bytes": found.journal.bytes,
        },
        "snapshot_writes": found.snapshot_writes,
    })))
}
