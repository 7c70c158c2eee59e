//! Middleware before every handler: authentication, rate limit, authorisation. The first two run before the body is
//! read.
//!
//! Invariant: a handler runs only after its route's policy has let the caller in; an order that the policy loaded is
//! handed on to the handler.

use crate::{
    app_state::AppState,
    auth::{LoadedOrder, bearer},
    client,
    flight::Load,
    limit,
    page::refuse_parameters,
    policy::{RoutePolicy, Who},
    problem::{Code, Problem},
    room::Standing,
    tag,
};
use axum::{
    RequestExt,
    body::{Body, to_bytes},
    extract::{RawPathParams, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use campusg_actors::runtime::{Authenticated, Refusal, Secret, SignatureFault, Signed};
use campusg_domain::{
    id::{OrderId, Principal, UserId},
    order::{Order, Role, Stage},
    owner::directory::Person,
    rejection::Rejection,
    time::{At, DAY_MS},
};
use std::{mem, str::FromStr, sync::Arc};
use tokio::time::Instant;

/// What a route demands of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) policy: RoutePolicy,
    pub(crate) load: Load,
    /// Whether its handler reads the query string; all others refuse one.
    pub(crate) reads_query: bool,
    /// Whether it commands what has a version, with which its handler compares `If-Match`; all others refuse one.
    pub(crate) has_version: bool,
}

impl Rules {
    pub(crate) const fn new(policy: RoutePolicy, load: Load) -> Self {
        Self {
            policy,
            load,
            reads_query: false,
            has_version: false,
        }
    }
}

/// Middleware that lets a request through to its handler or refuses it. One layer, since each costs every request a copy of
/// the service behind it.
pub(crate) async fn enter(
    State((app, rules)): State<(AppState, Rules)>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(problem) = identify(&app, rules, &mut request) {
        return problem.into_response();
    }
    let handle = |mut request: Request| async {
        authorize(&app, rules.policy, &mut request).await?;
        if !rules.reads_query {
            refuse_parameters(request.uri())?;
        }
        if !request.method().is_safe() {
            tag::refuse_unlooked(request.headers(), rules.has_version)?;
        }
        Ok(next.run(request).await)
    };
    let answer = app.flights().admit(rules.load, request, handle).await;
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Authenticates the caller and takes one request from the caller's rate limit.
fn identify(app: &AppState, rules: Rules, request: &mut Request) -> Result<(), Problem> {
    let address = client::address(
        request.extensions(),
        request.headers(),
        &app.config().trusted_proxies,
    );
    let address = client::counted(address);
    request.extensions_mut().insert(client::Peer(address));
    if rules.load == Load::Password {
        return Ok(());
    }
    if matches!(rules.policy, RoutePolicy::Public | RoutePolicy::Gateway) {
        return rate(app, limit::Who::Address(address));
    }
    let me = match authenticate(app, bearer(request.headers())) {
        Ok(me) => me,
        Err(problem) => return rate(app, limit::Who::Address(address)).and(Err(problem)),
    };
    rate(app, limit::Who::User(me.user))?;
    if rules.load == Load::Photo {
        let standing = standing(&me.person, app.now());
        request.extensions_mut().insert(standing);
    }
    request.extensions_mut().insert(Arc::new(me));
    Ok(())
}

fn standing(person: &Person, now: At) -> Standing {
    let known = person.runs > 0 || now.since(person.registered_at) >= DAY_MS;
    if known && !person.suspended {
        Standing::Known
    } else {
        Standing::New
    }
}

fn rate(app: &AppState, who: limit::Who) -> Result<(), Problem> {
    app.limits()
        .request(who, Instant::now())
        .map_err(|wait_ms| {
            Problem::new(
                Code::TooManyRequests,
                "too many requests, try again shortly",
            )
            .retry_after_ms(wait_ms)
        })
}

fn authenticate(app: &AppState, token: Option<Secret>) -> Result<Authenticated, Problem> {
    let token = token.ok_or_else(Problem::not_signed_in)?;
    let me = app.runtime().authenticate(&token);
    me.ok_or_else(Problem::session_over)
}

/// Checks that the route's policy lets the caller in.
async fn authorize(
    app: &AppState,
    policy: RoutePolicy,
    request: &mut Request,
) -> Result<(), Problem> {
    match policy {
        RoutePolicy::Public => return Ok(()),
        RoutePolicy::Gateway => return signed(app, request).await,
        RoutePolicy::SignedIn
        | RoutePolicy::ActiveRunner
        | RoutePolicy::Operator
        | RoutePolicy::SelfOrOperator
        | RoutePolicy::ReadOrder(_)
        | RoutePolicy::CommandOrder(_) => {}
    }
    let me = request.extensions().get::<Arc<Authenticated>>().cloned();
    let me = &*me.ok_or_else(Problem::not_signed_in)?;
    match policy {
        RoutePolicy::Public
        | RoutePolicy::Gateway
        | RoutePolicy::SignedIn
        | RoutePolicy::ActiveRunner
        | RoutePolicy::CommandOrder(_) => Ok(()),
        RoutePolicy::Operator => match me.principal {
            Principal::Operator(_) => Ok(()),
            Principal::System | Principal::Gateway | Principal::User(_) => {
                Err(Problem::not_allowed("operators"))
            }
        },
        RoutePolicy::SelfOrOperator => {
            match (param::<UserId>(request, "user_id").await, me.principal) {
                (Some(user), _) if user == me.user => Ok(()),
                (Some(_), Principal::Operator(_)) => Ok(()),
                _ => Err(Problem::not_found("user")),
            }
        }
        RoutePolicy::ReadOrder(who) => {
            let named = match param(request, "id").await {
                Some(id) => Some(id),
                None => param(request, "order_id").await,
            };
            let seen = load(
                app,
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

/// Checks the gateway's signature over headers and body, and that the time in it is recent.
async fn signed(app: &AppState, request: &mut Request) -> Result<(), Problem> {
    let body = to_bytes(mem::take(request.body_mut()), usize::MAX).await;
    let body = body.map_err(|_| Problem::fault())?;
    let headers = request.headers();
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let message = Signed {
        id: one("webhook-id").ok_or_else(not_signed)?,
        timestamp: one("webhook-timestamp").ok_or_else(not_signed)?,
        signatures: one("webhook-signature").ok_or_else(not_signed)?,
        body: &body,
    };
    let checked = app.runtime().check_signature(message);
    checked.map_err(|fault| match fault {
        SignatureFault::Wrong => not_signed(),
        SignatureFault::OutOfTime => Problem::new(Code::SignatureOutOfTime, fault.to_string()),
    })?;
    *request.body_mut() = Body::from(body);
    Ok(())
}

fn not_signed() -> Problem {
    let detail = "only the payment gateway may do this: sign the message with its key";
    Problem::new(Code::WrongSignature, detail)
}

/// Loads an order, if the caller's role in it is one of `who`.
pub(crate) async fn load(
    app: &AppState,
    me: &Authenticated,
    id: OrderId,
    who: Who,
) -> Result<LoadedOrder, Problem> {
    let order = app.runtime().order(id).await?;
    let order = order.ok_or_else(|| Problem::not_found("order"))?;
    let role = see(&order, me, who)?;
    Ok(LoadedOrder { order, role })
}

/// Refuses a caller who is suspended or has not signed up as a runner.
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

/// Returns the caller's role in the order, if it is one of `who`.
///
/// # Errors
/// 404 for a stranger, who must not learn that the order exists; 403 for parties and former runners.
pub(crate) fn see(order: &Order, me: &Authenticated, who: Who) -> Result<Role, Problem> {
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
