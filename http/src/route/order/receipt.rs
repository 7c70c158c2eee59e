//! `GET /api/orders/{id}/receipt`: the caller's own receipt, as JSON or as an HTML page.

use crate::{
    accept::Accept,
    answer::{self, Negotiated},
    app_state::AppState,
    auth::{LoadedOrder, Me},
    problem::Problem,
    view::{
        Viewer,
        receipt::{ReceiptView, side_of},
        related,
    },
};
use axum::extract::State;
use campusg_actors::runtime::Refusal;
use campusg_domain::{order::allowed, rejection::Rejection};

pub(crate) async fn receipt(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Accept(headers): Accept,
) -> Result<Negotiated<ReceiptView>, Problem> {
    let order = &seen.order;
    let viewer = Viewer::of(&app, &me, &seen);
    if !order.is_terminal() {
        let allowed = allowed(order, seen.role, app.policy(), app.now())
            .iter()
            .map(ToString::to_string)
            .collect();
        return Err(Refusal::of_order(
            order.id,
            Rejection::NotInThisStage {
                status: order.status(),
                allowed,
            },
        )
        .into());
    }
    let _place = app.history(me.user)?;
    let user = side_of(order, &viewer).0;
    let statement = app.runtime().receipt(user, order.id).await?;
    let related = related::gather(&app, &viewer, order).await?;
    let receipt = ReceiptView::of(order, &viewer, &related, &statement);
    Ok(answer::json_or_page(&headers, &receipt, "Receipt", || {
        receipt.html()
    }))
}
