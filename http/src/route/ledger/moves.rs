//! `POST /api/ledger/top-ups`, `…/withdrawals`: books cash that operators bring to the gateway to cover losses, and
//! platform fees that they take out.

use crate::{
    answer::{self, Booked},
    app_state::AppState,
    call::KeyedCall,
    dto::wallet::MoveIn,
    problem::Problem,
    view::ledger::MovedView,
};
use axum::extract::State;
use campusg_actors::runtime::Moved;

pub(crate) async fn top_up(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<MoveIn>,
) -> Result<Booked<MovedView>, Problem> {
    let (cents, reason) = (call.body.amount_cents.0, &call.body.reason);
    let moved = app.runtime().top_up(call.meta, cents, reason).await?;
    Ok(booked(&app, &moved))
}

pub(crate) async fn withdraw(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<MoveIn>,
) -> Result<Booked<MovedView>, Problem> {
    let (cents, reason) = (call.body.amount_cents.0, &call.body.reason);
    let moved = app.runtime().withdraw(call.meta, cents, reason).await?;
    Ok(booked(&app, &moved))
}

fn booked(app: &AppState, moved: &Moved) -> Booked<MovedView> {
    answer::booked(&MovedView::of(moved, app.currency()))
}
