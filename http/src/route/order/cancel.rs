//! `POST /api/orders/{id}/cancel`: cancels an order, if it costs the customer no more than the charge they accept.

use crate::{
    answer::Commanded,
    app_state::AppState,
    call::Call,
    dispatch::dispatch,
    dto::{order::CancelIn, text},
    path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn cancel(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<CancelIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    if let Some(reason) = &body.reason {
        text::check("reason", reason, 500)?;
    }
    dispatch(
        &app,
        call,
        order,
        Command::Cancel {
            accept_charge: body.accept_charge_cents.0,
        },
    )
    .await
}
