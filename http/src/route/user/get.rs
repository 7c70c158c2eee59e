//! `GET /api/users/{id}`: a user's profile, in full for its owner and operators.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    path::Id,
    problem::Problem,
    view::person::{PersonView, ProfileView, PublicView},
};
use axum::extract::State;
use campusg_domain::id::UserId;

pub(crate) async fn get(
    State(app): State<AppState>,
    me: Me,
    Id(user): Id<UserId>,
) -> Result<Found<ProfileView>, Problem> {
    let profile = app.runtime().profile(user).await?;
    let profile = profile.ok_or_else(|| Problem::not_found("user"))?;
    if me.is_or_operates(user) {
        let own = PersonView::from(&profile);
        return Ok(answer::ok(&ProfileView::Own(Box::new(own))));
    }
    let public = PublicView::from(&profile);
    Ok(answer::ok(&ProfileView::Public(public)))
}
