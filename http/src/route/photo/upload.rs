//! `POST /api/photos`: stores a photo of the caller.

use crate::{answer, app_state::AppState, call::Upload, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::StorePhoto;
use serde_json::json;

pub(crate) async fn upload(
    State(app): State<AppState>,
    upload: Upload,
) -> Result<Response, Problem> {
    let photo = app
        .runtime()
        .command(upload.caller, StorePhoto(upload.bytes.into()))
        .await?;
    Ok(answer::created(
        &format!("/api/photos/{photo}"),
        &json!({"id": photo}),
    ))
}
