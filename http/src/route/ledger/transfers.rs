//! `GET /api/ledger/transfers?order_id=`: every transfer of an order.

use crate::{
    answer,
    app_state::AppState,
    dto::order::OfOrderIn,
    page::{Asked, Page},
    problem::Problem,
    view::ledger::TransferView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn transfers(
    State(app): State<AppState>,
    Asked(asked): Asked<OfOrderIn>,
) -> Result<Response, Problem> {
    let transfers = app.runtime().transfers(asked.order_id).await?;
    Ok(answer::ok(&Page::whole(
        transfers.iter().map(TransferView::from).collect(),
    )))
}
