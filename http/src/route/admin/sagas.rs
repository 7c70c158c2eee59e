//! `GET /api/admin/sagas`: orders with a step that needs a person.

use crate::{
    answer,
    dto::admin::{SagaStateIn, SagasIn},
    edge::Edge,
    page::{Asked, Page},
    problem::Problem,
    view::saga::StuckView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetStuck;

pub(crate) async fn sagas(
    State(edge): State<Edge>,
    Asked(asked): Asked<SagasIn>,
) -> Result<Response, Problem> {
    let SagaStateIn::Stuck = asked.state.unwrap_or(SagaStateIn::Stuck);
    let stuck = edge.runtime().query(GetStuck).await?;
    Ok(answer::ok(&Page::whole(
        stuck
            .iter()
            .map(|order| StuckView::from(order.as_ref()))
            .collect(),
    )))
}
