//! `GET /api/admin/sagas`: orders with a stalled step, or all whose sagas are running.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    dto::admin::{SagaStateIn, SagasIn},
    page::{Listed, Page},
    problem::Problem,
    view::saga::SagaView,
};
use axum::extract::State;
use campusg_domain::order::Order;

pub(crate) async fn sagas(
    State(app): State<AppState>,
    Listed { asked, paging }: Listed<SagasIn>,
) -> Result<Found<Page<SagaView>>, Problem> {
    let view = |order: &Order| SagaView::of(order, app.policy(), app.now());
    let page = match asked.state.unwrap_or(SagaStateIn::Stalled) {
        SagaStateIn::Stalled => {
            let orders = app.runtime().stalled_orders().await?;
            paging.of(orders, |order| order.id, |order| view(order))?
        }
        SagaStateIn::Running => {
            let (limit, after) = (paging.limit()?, paging.cursor()?);
            let orders = app.runtime().live_orders(None, after, limit + 1).await?;
            Page::of_one_more(orders, limit, |order| order.id, |order| view(order))
        }
    };
    Ok(answer::ok(&page))
}
