//! `POST /api/quotes`: what an order would cost and hold, and why.

use crate::{
    answer, call::Call, dto::order::NewOrderIn, edge::Edge, problem::Problem,
    view::money::PriceView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetPrice;

pub(crate) async fn quote(
    State(edge): State<Edge>,
    call: Call<NewOrderIn>,
) -> Result<Response, Problem> {
    let price = edge
        .runtime()
        .query(GetPrice(call.body.try_into()?))
        .await?;
    Ok(answer::ok(&PriceView::of(&price, edge.currency())))
}
