//! `GET /api/admin/actors`: the actors that are running now.

use crate::{answer, app_state::AppState, problem::Problem, route::health};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Condition;
use serde_json::{Value, json};

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
        "snapshots": snapshots(&found.snapshots),
        "lost_photos": found.lost_photos,
    })))
}

/// The condition of the snapshot stores, and what is wrong with them.
fn snapshots(found: &Condition) -> Value {
    let condition = health::ready::condition(found);
    match found {
        Condition::Whole { rebuilds } => json!({"condition": condition, "rebuilds": rebuilds}),
        Condition::Opening => json!({"condition": condition}),
        Condition::Rebuilding {
            archive,
            why,
            upto,
            halted,
        } => json!({
            "condition": condition,
            "store": if *archive { "archive" } else { "hot" },
            "why": why,
            "rebuilt_upto_seq": upto,
            "halted": halted,
        }),
    }
}
