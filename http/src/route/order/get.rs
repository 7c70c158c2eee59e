//! `GET /api/orders/{id}`: an order as it is, or as it was at `?at=`, shown with the caller's present rights.

use crate::{
    answer::{self, Shown},
    app_state::AppState,
    auth::{LoadedOrder, Me},
    dto::order::AtIn,
    page,
    page::Asked,
    problem::Problem,
    tag::IfNoneMatch,
    view::{Viewer, order::render, related},
};
use axum::extract::State;
use campusg_domain::order::Order;

pub(crate) async fn get(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Asked(asked): Asked<AtIn>,
    IfNoneMatch(headers): IfNoneMatch,
) -> Result<Shown, Problem> {
    let viewer = Viewer::of(&app, &me, &seen);
    match asked.at {
        None => answer::shown(&app, &viewer, &seen.order, &headers).await,
        Some(at) => then(&app, &viewer, &seen.order, &at).await,
    }
}

/// Shows an order as it was at `at`. 404 for a runner who sees it only on the board.
async fn then(app: &AppState, viewer: &Viewer, order: &Order, at: &str) -> Result<Shown, Problem> {
    let at = page::moment("at", at)?;
    if !answer::is_involved(viewer.role) {
        return Err(Problem::not_found("order at that time"));
    }
    let _place = app.history(viewer.user)?;
    let found = app.runtime().order_at(order.id, at).await?;
    let then = found.ok_or_else(|| Problem::not_found("order at that time"))?;
    let related = related::gather(app, viewer, &then).await?;
    Ok(answer::as_it_was(&render(&then, viewer, &related)))
}
