//! `GET /api/stores`: every known store.

use crate::{answer, edge::Edge, page::Page, problem::Problem, view::store::KnownStoreView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetStores;

pub(crate) async fn list(State(edge): State<Edge>) -> Result<Response, Problem> {
    let stores = edge.runtime().query(GetStores).await?;
    Ok(answer::ok(&Page::whole(
        stores.iter().map(KnownStoreView::from).collect(),
    )))
}
