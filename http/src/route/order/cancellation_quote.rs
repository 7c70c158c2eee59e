//! `GET /api/orders/{id}/cancellation-quote`: what cancelling costs now.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::LoadedOrder,
    problem::Problem,
    view::quote::QuoteView,
};
use axum::extract::State;
use campusg_actors::runtime::Refusal;
use campusg_domain::{
    order::{allowed, quote},
    rejection::Rejection,
};

pub(crate) async fn cancellation_quote(
    State(app): State<AppState>,
    seen: LoadedOrder,
) -> Result<Found<QuoteView>, Problem> {
    let order = &seen.order;
    match quote(order, app.policy(), app.now()) {
        Some(quote) => Ok(answer::ok(&QuoteView::of(&quote, app.currency()))),
        None => {
            let allowed = allowed(order, seen.role, app.policy(), app.now())
                .iter()
                .map(ToString::to_string)
                .collect();
            let rejection = Rejection::NotInThisStage {
                status: order.status(),
                allowed,
            };
            Err(Refusal::of_order(order.id, rejection).into())
        }
    }
}
