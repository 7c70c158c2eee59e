//! `GET /health/live`: the process answers.

use crate::answer;
use axum::response::Response;
use serde_json::json;

pub(crate) async fn live() -> Response {
    answer::ok(&json!({"status": "live"}))
}
