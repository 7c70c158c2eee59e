//! `GET /health/live`: 200 as long as the process runs.

use crate::answer;
use axum::response::Response;
use serde_json::json;

pub(crate) async fn live() -> Response {
    answer::ok(&json!({"status": "live"}))
}
