//! The gate before every handler: who calls, how often, and may he. The first two are asked before the body is read.
//!
//! Invariant: a handler runs only after its route's policy let the caller in; what the policy loaded is handed on.

use crate::{
    auth::{Seen, bearer},
    client,
    edge::Edge,
    flight::Load,
    limit,
    problem::Problem,
    table::{RoutePolicy, Who},
};
use axum::{
    RequestExt,
    extract::{RawPathParams, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use campusg_actors::runtime::{Authenticate, Authenticated, GetOrder, Refusal, Secret};
use campusg_domain::{
    id::{OrderId, Principal, UserId},
    order::{Order, Rejection, Role, Stage},
};
use std::{str::FromStr, sync::Arc};
use tokio::time::Instant;

/// The gate of one route. One layer for all it asks: each layer costs every request a box and a copy of what is under it.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) edge: Edge,
    pub(crate) policy: RoutePolicy,
    pub(crate) load: Load,
}

/// Lets a request through to its handler, or refuses it.
pub(crate) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let passed = gate.pass(request, next).await;
    passed.unwrap_or_else(Problem::into_response)
}

impl Gate {
    async fn pass(&self, mut request: Request, next: Next) -> Result<Response, Problem> {
        name(&self.edge, self.policy, &mut request).await?;
        let judged = |request| self.judge(request, next);
        let flights = self.edge.flights();
        flights.carry(self.load, request, judged).await
    }

    async fn judge(&self, mut request: Request, next: Next) -> Response {
        match admit(&self.edge, self.policy, &mut request).await {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    }
}

async fn name(edge: &Edge, policy: RoutePolicy, request: &mut Request) -> Result<(), Problem> {
    let address = client::address(
        request.extensions(),
        request.headers(),
        &edge.config().trusted_proxies,
    );
    let address = client::counted(address);
    request.extensions_mut().insert(client::Peer(address));
    if policy == RoutePolicy::Public {
        return rate(edge, limit::Who::Address(address));
    }
    let me = match authenticate(edge, bearer(request.headers())).await {
        Ok(me) => me,
        Err(problem) => return rate(edge, limit::Who::Address(address)).and(Err(problem)),
    };
    rate(edge, limit::Who::User(me.user))?;
    request.extensions_mut().insert(Arc::new(me));
    Ok(())
}

fn rate(edge: &Edge, who: limit::Who) -> Result<(), Problem> {
    edge.limits()
        .request(who, Instant::now())
        .map_err(|wait_ms| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "too many requests, try again shortly",
            )
            .retry_after_ms(wait_ms)
        })
}

async fn authenticate(edge: &Edge, token: Option<Secret>) -> Result<Authenticated, Problem> {
    let token = token.ok_or_else(Problem::not_signed_in)?;
    edge.runtime()
        .query(Authenticate(token))
        .await?
        .ok_or_else(Problem::not_signed_in)
}

async fn admit(edge: &Edge, policy: RoutePolicy, request: &mut Request) -> Result<(), Problem> {
    if policy == RoutePolicy::Public {
        return Ok(());
    }
    let me = request.extensions().get::<Arc<Authenticated>>().cloned();
    let me = &*me.ok_or_else(Problem::not_signed_in)?;
    match policy {
        RoutePolicy::Public | RoutePolicy::SignedIn | RoutePolicy::Tells(_) => Ok(()),
        RoutePolicy::Operator => match me.principal {
            Principal::Operator(_) => Ok(()),
            _ => Err(Problem::not_allowed("operators")),
        },
        RoutePolicy::ActiveRunner => runs(me),
        RoutePolicy::SelfOrOperator => {
            match (param::<UserId>(request, "user_id").await, me.principal) {
                (Some(user), _) if user == me.user => Ok(()),
                (Some(_), Principal::Operator(_)) => Ok(()),
                _ => Err(Problem::not_found("user")),
            }
        }
        RoutePolicy::Sees(who) => {
            let named = match param(request, "id").await {
                Some(id) => Some(id),
                None => param(request, "order_id").await,
            };
            let seen = load(
                edge,
                me,
                named.ok_or_else(|| Problem::not_found("order"))?,
                who,
            )
            .await?;
            request.extensions_mut().insert(seen);
            Ok(())
        }
    }
}

/// Loads an order that the caller may see as one of `who`.
pub(crate) async fn load(
    edge: &Edge,
    me: &Authenticated,
    id: OrderId,
    who: Who,
) -> Result<Seen, Problem> {
    let order = edge
        .runtime()
        .query(GetOrder(id))
        .await?
        .ok_or_else(|| Problem::not_found("order"))?;
    let role = see(&order, me, who)?;
    Ok(Seen { order, role })
}

/// Whether the caller runs and is not suspended.
pub(crate) fn runs(me: &Authenticated) -> Result<(), Problem> {
    if me.person.suspended {
        return Err(Refusal::rule(Rejection::Suspended).into());
    }
    if me.person.runner.active {
        Ok(())
    } else {
        Err(Refusal::rule(Rejection::NotARunner).into())
    }
}

/// What the caller is to the order, if he is among `who`.
///
/// Foreign orders are not there. Parties are told that this is not theirs to do, and so are former runners.
fn see(order: &Order, me: &Authenticated, who: Who) -> Result<Role, Problem> {
    let role = order.role(me.principal);
    let on_board = matches!(order.stage, Stage::Available { .. }) && runs(me).is_ok();
    if who == Who::Viewer && on_board && matches!(role, Role::Stranger | Role::FormerRunner) {
        return Ok(Role::Stranger);
    }
    if who.roles().contains(&role) {
        return Ok(role);
    }
    match role {
        Role::Stranger | Role::System | Role::Gateway => Err(Problem::not_found("order")),
        Role::Customer | Role::Runner | Role::FormerRunner | Role::Operator => {
            Err(Problem::not_allowed(who.words()))
        }
    }
}

async fn param<T: FromStr>(request: &mut Request, name: &str) -> Option<T> {
    let params = request.extract_parts::<RawPathParams>().await.ok()?;
    params
        .iter()
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
}
