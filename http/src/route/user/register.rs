//! `POST /api/users`: creates an account and signs in.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::OpenCall,
    dto::user::RegisterIn,
    problem::Problem,
    route::session::attempts,
    view::person::RegisteredView,
};
use axum::extract::State;
use campusg_actors::runtime::{NewPerson, Secret};

pub(crate) async fn register(
    State(app): State<AppState>,
    call: OpenCall<RegisterIn>,
) -> Result<Created<RegisteredView>, Problem> {
    let body = call.body;
    body.check_domain(&app.config().email_domains)?;
    let attempt = attempts::registration(&app, &body.email, call.address).await?;
    let person = NewPerson {
        email: body.email,
        password: Secret(body.password),
        first_name: body.first_name,
        last_name: body.last_name,
        phone: body.phone,
        operator: false,
    };
    let done = app.runtime().register(call.meta, person).await;
    let session = attempts::registered(attempt, done)?;
    let profile = app.runtime().profile(session.user).await?;
    let profile = profile.ok_or_else(Problem::fault)?;
    let body = RegisteredView {
        user: (&profile).into(),
        session: session.into(),
    };
    Ok(answer::created("/api/users/me", &body))
}
