//! `GET /api/orders/{id}/events`: what happened, as far as the caller may see it now. A page counts records, of which
//! each holds one event or several, and the caller may see none of them.

use crate::{
    answer,
    auth::{Me, Seen},
    dto::user::PageIn,
    edge::Edge,
    page,
    page::{Asked, Page},
    problem::Problem,
    view::{Reader, event::history},
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetOrderEvents, OpenWords};

pub(crate) async fn events(
    State(edge): State<Edge>,
    me: Me,
    seen: Seen,
    Asked(asked): Asked<PageIn>,
) -> Result<Response, Problem> {
    let asked_for = GetOrderEvents {
        order: seen.order.id,
        after: page::cursor(asked.cursor.as_deref())?,
        // Most histories are shorter than that, and are read whole.
        limit: page::limit(asked.limit.or(Some(page::LARGEST)))?,
    };
    let _place = edge.history(me.user)?;
    let found = edge.runtime().query(asked_for).await?;
    let reader = Reader::of(&edge, &me, &seen);
    let history = history(&seen.order, &found.entries, &reader);
    let texts = edge.runtime().query(OpenWords(history.sealed())).await?;
    Ok(answer::ok(&Page::going_on(
        history.opened(texts),
        found.next,
    )))
}
