//! `GET /api/ledger/accounts`: every account that is not empty.

use crate::{answer, edge::Edge, page::Page, problem::Problem, view::ledger::AccountView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetAccounts;

pub(crate) async fn accounts(State(edge): State<Edge>) -> Result<Response, Problem> {
    let accounts = edge.runtime().query(GetAccounts).await?;
    Ok(answer::ok(&Page::whole(
        accounts.iter().map(AccountView::from).collect(),
    )))
}
