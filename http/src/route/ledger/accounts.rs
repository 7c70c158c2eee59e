//! `GET /api/ledger/accounts`: every account with a balance other than 0.

use crate::{answer, app_state::AppState, page::Page, problem::Problem, view::ledger::AccountView};
use axum::{extract::State, response::Response};

pub(crate) async fn accounts(State(app): State<AppState>) -> Result<Response, Problem> {
    let accounts = app.runtime().accounts().await?;
    Ok(answer::ok(&Page::whole(
        accounts.iter().map(AccountView::from).collect(),
    )))
}
