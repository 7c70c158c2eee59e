//! `POST /api/ledger/top-ups`, `…/withdrawals`: cash for losses to the gateway, and fees out of it.

use crate::{
    answer, app_state::AppState, call::KeyedCall, dto::wallet::MoveIn, problem::Problem,
    view::ledger::MovedView,
};
use axum::{extract::State, http::StatusCode, response::Response};
use campusg_actors::runtime::{Command, Moved, TopUp, Withdraw};
use campusg_domain::money::Cents;

pub(crate) async fn top_up(
    app: State<AppState>,
    call: KeyedCall<MoveIn>,
) -> Result<Response, Problem> {
    moved(&app, call, |cents, reason| TopUp { cents, reason }).await
}

pub(crate) async fn withdraw(
    app: State<AppState>,
    call: KeyedCall<MoveIn>,
) -> Result<Response, Problem> {
    moved(&app, call, |cents, reason| Withdraw { cents, reason }).await
}

async fn moved<C: Command<Reply = Moved>>(
    app: &AppState,
    KeyedCall(call): KeyedCall<MoveIn>,
    to: impl FnOnce(Cents, String) -> C,
) -> Result<Response, Problem> {
    let MoveIn {
        amount_cents,
        reason,
    } = call.body;
    let runtime = app.runtime();
    let moved = runtime
        .command(call.caller, to(amount_cents.0, reason))
        .await?;
    Ok(answer::json(
        StatusCode::CREATED,
        &MovedView::of(&moved, app.currency()),
    ))
}
