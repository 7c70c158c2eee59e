//! `GET /api/orders/{id}/stream`: what happens to one order, as it happens.

use crate::{
    app_state::AppState,
    auth::{LoadedOrder, Me},
    live::{About, Listening, Live, LiveStream},
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn order(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    listening: Listening,
) -> Result<LiveStream, Problem> {
    Live::begin(app, &me, About::Order(seen.order.id), listening)
}
