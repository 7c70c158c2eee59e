//! `POST /api/quotes`: what an order would cost and how much would be held. Refused where placing would be, except
//! for reasons that concern the customer.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::order::NewOrderIn,
    problem::Problem,
    view::quote::PlacingView,
};
use axum::extract::State;
use campusg_actors::runtime::NewOrder;

pub(crate) async fn quote(
    State(app): State<AppState>,
    call: Call<NewOrderIn>,
) -> Result<Found<PlacingView>, Problem> {
    let wish: NewOrder = call.body.try_into()?;
    let deliver_after = wish.deliver_after;
    let price = app.runtime().price(wish)?;
    let view = PlacingView::of(&price, deliver_after, app.policy(), app.now());
    Ok(answer::ok(&view))
}
