//! `GET /api/orders/{id}/disputes`: every dispute of an order, with its replies.

use crate::{
    answer,
    app_state::AppState,
    auth::{LoadedOrder, Me},
    page::Listed,
    problem::Problem,
    view::{Viewer, dispute::ThreadView},
};
use axum::{extract::State, response::Response};

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Listed { paging, .. }: Listed,
) -> Result<Response, Problem> {
    let _reading = app.history(me.user)?;
    let threads = app.runtime().disputes(seen.order.id).await?;
    let viewer = Viewer::of(&app, &me, &seen);
    let view = |thread: &_| ThreadView::of(thread, &viewer);
    Ok(answer::ok(&paging.of(threads, |thread| thread.n, view)?))
}
