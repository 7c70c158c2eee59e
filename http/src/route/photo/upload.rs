//! `POST /api/photos`: stores a photo for the caller.

use crate::{answer, app_state::AppState, call::Upload, problem::Problem};
use axum::{extract::State, response::Response};
use serde_json::json;

pub(crate) async fn upload(
    State(app): State<AppState>,
    upload: Upload,
) -> Result<Response, Problem> {
    let stored = app.runtime().store_photo(upload.meta, upload.bytes);
    let photo = stored.await?;
    Ok(answer::created(
        &format!("/api/photos/{photo}"),
        &json!({"id": photo}),
    ))
}
