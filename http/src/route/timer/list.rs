//! `GET /api/timers?order_id=`: the timers of an order.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    dto::order::OfOrderIn,
    gate::load,
    page::{Asked, Page},
    policy::Who,
    problem::Problem,
    view::timer::timers,
};
use axum::{extract::State, response::Response};

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<OfOrderIn>,
) -> Result<Response, Problem> {
    let seen = load(&app, &me, asked.order_id, Who::PartyOrOperator).await?;
    Ok(answer::ok(&Page::whole(timers(&seen.order, seen.role))))
}
