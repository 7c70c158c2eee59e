//! `POST /api/admin/users/{id}/write-off`: cancels a user's debt at the platform's expense.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::KeyedCall,
    dto::wallet::WriteOffIn,
    path::Id,
    problem::Problem,
    view::ledger::MovedView,
};
use axum::extract::State;
use campusg_domain::id::UserId;

pub(crate) async fn write_off(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    KeyedCall(call): KeyedCall<WriteOffIn>,
) -> Result<Found<MovedView>, Problem> {
    let WriteOffIn {
        amount_cents,
        reason,
    } = call.body;
    let cents = amount_cents.map(|amount| amount.0);
    let runtime = app.runtime();
    let moved = runtime.write_off(call.meta, user, cents, &reason).await?;
    Ok(answer::ok(&MovedView::of(&moved, app.currency())))
}
