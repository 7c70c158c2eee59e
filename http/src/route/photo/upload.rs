//! `POST /api/photos`: stores a photo of the caller.

use crate::{answer, call::Upload, edge::Edge, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::StorePhoto;
use serde_json::json;

pub(crate) async fn upload(State(edge): State<Edge>, upload: Upload) -> Result<Response, Problem> {
    let photo = edge
        .runtime()
        .command(upload.caller, StorePhoto(upload.bytes.into()))
        .await?;
    Ok(answer::created(
        &format!("/api/photos/{photo}"),
        &json!({"id": photo}),
    ))
}
