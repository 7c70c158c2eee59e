//! `GET /api/users/me`: the caller's own profile.

use crate::{answer, auth::Me, edge::Edge, problem::Problem, view::person::PersonView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetProfile, Profile};

pub(crate) async fn me(State(edge): State<Edge>, me: Me) -> Result<Response, Problem> {
    Ok(answer::ok(&PersonView::from(&profile(&edge, &me).await?)))
}

/// The caller's own profile.
pub(crate) async fn profile(edge: &Edge, me: &Me) -> Result<Profile, Problem> {
    edge.runtime()
        .query(GetProfile(me.user))
        .await?
        .ok_or_else(|| Problem::not_found("user"))
}
