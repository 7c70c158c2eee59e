//! Commands to an order: the version they were made for, the command, and the answer.

use crate::{
    answer::{is_party, told},
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
    order::{Command, Order, Rejection, Role, allowed},
};

/// Gives a command to an order and shows the order.
pub(crate) async fn tell<T>(
    edge: &Edge,
    call: Call<T>,
    id: OrderId,
    command: Command,
) -> Result<Response, Problem> {
    let Call {
        me,
        caller,
        headers,
        ..
    } = call;
    if tag::asks_for_match(&headers)
        && let Some(order) = edge.runtime().query(GetOrder(id)).await?
        && is_party(order.role(me.principal))
    {
        tag::check(&headers, order.version)?;
    }
    let cancels = matches!(command, Command::Cancel { .. });
    match edge
        .runtime()
        .command(caller, ToOrder { order: id, command })
        .await
    {
        // Row 35: asked for, and the runner at the till has the next word.
        Ok(reply) if cancels && reply.order.cancel_wait.is_some() => {
            told(edge, &me, &reply, StatusCode::ACCEPTED).await
        }
        Ok(reply) => told(edge, &me, &reply, StatusCode::OK).await,
        Err(refusal) => Err(refused(edge, &me, id, refusal).await),
    }
}

/// A refusal, with where the order stands and what this caller can do. Strangers and former runners learn neither.
pub(crate) async fn refused(edge: &Edge, me: &Me, id: OrderId, refusal: Refusal) -> Problem {
    match &refusal {
        Refusal::Rejected { rejection, .. } if !matches!(rejection, Rejection::NotFound { .. }) => {
            let order = edge.runtime().query(GetOrder(id)).await.ok().flatten();
            let role = order
                .as_ref()
                .map_or(Role::Stranger, |order| order.role(me.principal));
            let fits = |order: &Order| allowed(order, role, edge.policy(), edge.now());
            let fits = order.as_deref().map(fits).unwrap_or_default();
            explained(refusal.into(), role, order.as_deref(), &fits)
        }
        _ => refusal.into(),
    }
}

fn explained(mut problem: Problem, role: Role, order: Option<&Order>, fits: &[&str]) -> Problem {
    let Some(order) = order else { return problem };
    if is_party(role) {
        return problem.about(order.id, order.status(), fits);
    }
    problem.extra.remove("order_status");
    if problem.code == "not_in_this_stage" {
        problem.detail = "this order can't be taken now".into();
    }
    problem
        .with("order_id", order.id.to_string())
        .with("allowed_transitions", Vec::<String>::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::{
        id::{Principal, UserId},
        order::Stage,
    };

    #[test]
    fn only_parties_learn_where_an_order_stands() {
        let [customer, former, stranger] =
            [0xc0, 0xf0, 0x57].map(|byte| UserId::from_bytes([byte; 16]));
        let order = crate::view::tests::order(Stage::Holding);
        let refusal = || {
            let status = order.status();
            Refusal::of_order(
                order.id,
                Rejection::NotInThisStage {
                    status,
                    allowed: vec!["cancel".into()],
                },
            )
        };
        let said = |user: UserId| {
            let role = order.role(Principal::User(user));
            let problem = explained(refusal().into(), role, Some(&order), &["cancel"]);
            (
                role,
                problem.extra.get("order_status").cloned(),
                problem.extra["allowed_transitions"].to_string(),
                problem.detail,
            )
        };
        let hidden = "this order can't be taken now".to_owned();
        let shown = "an order that is pending can't do this".to_owned();
        assert_eq!(
            said(customer),
            (
                Role::Customer,
                Some("pending".into()),
                r#"["cancel"]"#.into(),
                shown
            )
        );
        assert_eq!(
            said(former),
            (Role::FormerRunner, None, "[]".into(), hidden.clone())
        );
        assert_eq!(said(stranger), (Role::Stranger, None, "[]".into(), hidden));
    }
}
