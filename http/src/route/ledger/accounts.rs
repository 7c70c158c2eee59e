//! `GET /api/ledger/accounts`: every account with a balance other than 0.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    page::{Listed, Page},
    problem::Problem,
    view::ledger::AccountView,
};
use axum::extract::State;

pub(crate) async fn accounts(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<AccountView>>, Problem> {
    let accounts = app.runtime().accounts().await?;
    let page = paging.of(
        accounts,
        |(account, _)| *account,
        |one| AccountView::from(one),
    )?;
    Ok(answer::ok(&page))
}
