//! `POST /api/stores`: makes a store known.

use super::change::shown;
use crate::{answer, app_state::AppState, call::Call, dto::store::NewStoreIn, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::CreateStore;

pub(crate) async fn create(
    State(app): State<AppState>,
    call: Call<NewStoreIn>,
) -> Result<Response, Problem> {
    let hours = call.body.hours();
    let NewStoreIn {
        name,
        place,
        paused,
        ..
    } = call.body;
    let command = CreateStore {
        name,
        place,
        hours,
        paused,
    };
    let store = app.runtime().command(call.caller, command).await?;
    Ok(answer::created(
        &format!("/api/stores/{store}"),
        &shown(&app, store).await?,
    ))
}
