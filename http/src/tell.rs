//! Commands to an order: the version they were made for, the command, and the answer.

use crate::{
    answer::{is_involved, told},
    auth::Me,
    call::Call,
    edge::Edge,
    problem::Problem,
    tag,
};
use axum::{http::StatusCode, response::Response};
use campusg_actors::runtime::{GetOrder, Refusal, ToOrder};
use campusg_domain::{
    id::OrderId,
    order::{Command, Order, Rejection, allowed},
};
use std::sync::Arc;

/// Gives a command to an order and shows the order.
pub(crate) async fn tell<T>(edge: &Edge, call: Call<T>, id: OrderId, command: Command) -> Result<Response, Problem> {
    let Call { me, caller, headers, .. } = call;
    if tag::asks_for_match(&headers)
        && let Some(order) = edge.runtime().query(GetOrder(id)).await?
        && is_involved(order.role(me.principal))
    {
        tag::check(&headers, order.version)?;
    }
    match edge.runtime().command(caller, ToOrder { order: id, command }).await {
        Ok(reply) => Ok(told(edge, &me, &reply, StatusCode::OK).await),
        Err(refusal) => Err(refused(edge, &me, id, refusal).await),
    }
}

/// A refusal, with where the order stands and what this caller can do: the caller's own, none for strangers.
pub(crate) async fn refused(edge: &Edge, me: &Me, id: OrderId, refusal: Refusal) -> Problem {
    match &refusal {
        Refusal::Rejected { rejection, .. } if !matches!(rejection, Rejection::NotFound { .. }) => {
            let order = edge.runtime().query(GetOrder(id)).await.ok().flatten();
            explained(refusal.into(), me, order)
        }
        _ => refusal.into(),
    }
}

fn explained(mut problem: Problem, me: &Me, order: Option<Arc<Order>>) -> Problem {
    let Some(order) = order else { return problem };
    let role = order.role(me.principal);
    if is_involved(role) {
        return problem.about(order.id, order.status(), allowed(&order, role));
    }
    problem.extra.remove("order_status");
    if problem.code == "not_in_this_stage" {
        problem.detail = "this order can't be taken now".into();
    }
    problem.with("order_id", order.id.to_string()).with("allowed_transitions", Vec::<String>::new())
}
