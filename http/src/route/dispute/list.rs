//! `GET /api/orders/{id}/disputes`: every dispute of an order, with its replies.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::{LoadedOrder, Me},
    page::{Listed, Page},
    problem::Problem,
    view::{Viewer, dispute::ThreadView},
};
use axum::extract::State;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<ThreadView>>, Problem> {
    let _reading = app.history(me.user)?;
    let threads = app.runtime().disputes(seen.order.id).await?;
    let viewer = Viewer::of(&app, &me, &seen);
    let view = |thread: &_| ThreadView::of(thread, &viewer);
    Ok(answer::ok(&paging.of(threads, |thread| thread.n, view)?))
}
