//! `GET /api/orders/{id}/delivery-pin`: the four digits that prove the delivery, for the customer, once a runner has
//! accepted.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::LoadedOrder,
    problem::Problem,
    view::parts::PinView,
};
use axum::extract::State;
use campusg_actors::runtime::Refusal;
use campusg_domain::{
    order::{Role, Status, allowed},
    rejection::Rejection,
};

pub(crate) async fn pin(
    State(app): State<AppState>,
    seen: LoadedOrder,
) -> Result<Found<PinView>, Problem> {
    let order = &seen.order;
    let status = order.status();
    if status == Status::Pending || status.is_terminal() {
        let allowed = allowed(order, Role::Customer, app.policy(), app.now())
            .iter()
            .map(ToString::to_string)
            .collect();
        return Err(
            Refusal::of_order(order.id, Rejection::NotInThisStage { status, allowed }).into(),
        );
    }
    let pin = app.runtime().pin(order.id);
    Ok(answer::ok(&PinView::of(order.id, pin)))
}
