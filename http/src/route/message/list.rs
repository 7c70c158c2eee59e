//! `GET /api/orders/{id}/messages`: what the parties wrote, oldest first. To them as long as they may write; to all who
//! are in a dispute until it is decided. A runner sees what was written since they took the order.

use crate::{
    answer,
    auth::{Me, Seen},
    dto::user::PageIn,
    edge::Edge,
    page,
    page::{Asked, Page},
    problem::Problem,
    tell::refused,
    view::message::MessageView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetMessages, Refusal};
use campusg_domain::order::{Rejection, Role, allowed};

pub(crate) async fn list(
    State(edge): State<Edge>,
    me: Me,
    seen: Seen,
    Asked(asked): Asked<PageIn>,
) -> Result<Response, Problem> {
    let Seen { order, role } = &seen;
    let (after, limit) = (
        page::cursor(asked.cursor.as_deref())?,
        page::limit(asked.limit)?,
    );
    if !order.shows_messages(*role, edge.policy(), edge.now()) {
        let refusal = Refusal::of_order(order.id, closed(&edge, &seen));
        return Err(refused(&edge, &me, order.id, refusal).await);
    }
    let bond = order.stage.bond().filter(|_| *role == Role::Runner);
    let asked_for = GetMessages {
        order: order.id,
        epoch: bond.map(|bond| bond.epoch),
        after,
        limit,
    };
    let _place = edge.history(me.user)?;
    let found = edge.runtime().query(asked_for).await?;
    let views = found.messages.iter().map(MessageView::from).collect();
    Ok(answer::ok(&Page::going_on(views, found.next)))
}

/// Why there is nothing to read: not yet, or no more.
fn closed(edge: &Edge, Seen { order, role }: &Seen) -> Rejection {
    if order.is_terminal() && *role != Role::Operator {
        return Rejection::TooLate;
    }
    let allowed = allowed(order, *role, edge.policy(), edge.now());
    Rejection::NotInThisStage {
        status: order.status(),
        allowed: allowed.iter().map(ToString::to_string).collect(),
    }
}
