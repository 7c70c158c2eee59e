//! `POST /api/admin/users/{id}/suspend`, `…/reinstate`: bars a user from placing and accepting, or allows it again.

use crate::{
    answer, call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem,
    view::person::PersonView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetProfile, Suspend};
use campusg_domain::id::UserId;

pub(crate) async fn suspend(
    State(edge): State<Edge>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    set(&edge, user, call, true).await
}

pub(crate) async fn reinstate(
    State(edge): State<Edge>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    set(&edge, user, call, false).await
}

async fn set(
    edge: &Edge,
    user: UserId,
    call: Call<ReasonIn>,
    suspended: bool,
) -> Result<Response, Problem> {
    let command = Suspend {
        user,
        suspended,
        reason: call.body.reason,
    };
    edge.runtime().command(call.caller, command).await?;
    let profile = edge
        .runtime()
        .query(GetProfile(user))
        .await?
        .ok_or_else(|| Problem::not_found("user"))?;
    Ok(answer::ok(&PersonView::from(&profile)))
}
