//! `GET /api/ledger/transfers?order_id=`: every transfer of an order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    dto::order::OfOrderIn,
    page::{Listed, Page},
    problem::Problem,
    view::ledger::TransferView,
};
use axum::extract::State;

pub(crate) async fn transfers(
    State(app): State<AppState>,
    Listed { asked, paging }: Listed<OfOrderIn>,
) -> Result<Found<Page<TransferView>>, Problem> {
    let transfers = app.runtime().transfers(asked.order_id).await?;
    let page = paging.of(transfers, |(id, ..)| *id, |one| TransferView::from(one))?;
    Ok(answer::ok(&page))
}
