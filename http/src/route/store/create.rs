//! `POST /api/stores`: makes a store known.

use super::change::shown;
use crate::{answer, call::Call, dto::admin::NewStoreIn, edge::Edge, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::CreateStore;

pub(crate) async fn create(
    State(edge): State<Edge>,
    call: Call<NewStoreIn>,
) -> Result<Response, Problem> {
    let NewStoreIn { name, place } = call.body;
    let store = edge
        .runtime()
        .command(call.caller, CreateStore { name, place })
        .await?;
    Ok(answer::created(
        &format!("/api/stores/{store}"),
        &shown(&edge, store).await?,
    ))
}
