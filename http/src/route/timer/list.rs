//! `GET /api/timers?order_id=`: the timers of an order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    dto::order::OfOrderIn,
    gate::load,
    page::{Listed, Page},
    policy::Who,
    problem::Problem,
    view::timer::{TimerView, timers},
};
use axum::extract::State;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Listed { asked, paging }: Listed<OfOrderIn>,
) -> Result<Found<Page<TimerView>>, Problem> {
    let seen = load(&app, &me, asked.order_id, Who::PartyOrOperator).await?;
    let timers = timers(&seen.order, seen.role);
    Ok(answer::ok(&paging.of(
        timers,
        |timer| timer.event_type,
        Clone::clone,
    )?))
}
