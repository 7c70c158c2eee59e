//! `PATCH /api/users/me`: changes the caller's profile.

use super::me::profile;
use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::user::ProfileIn,
    problem::Problem,
    view::person::PersonView,
};
use axum::extract::State;
use campusg_actors::runtime::ProfileChange;

pub(crate) async fn change(
    State(app): State<AppState>,
    call: Call<ProfileIn>,
) -> Result<Found<PersonView>, Problem> {
    let ProfileIn {
        first_name,
        last_name,
        phone,
    } = call.body;
    let phone = phone.map(Option::unwrap_or_default);
    let change = ProfileChange {
        first_name,
        last_name,
        phone,
    };
    app.runtime().change_profile(call.meta, change).await?;
    Ok(answer::ok(&PersonView::from(
        &profile(&app, &call.me).await?,
    )))
}
