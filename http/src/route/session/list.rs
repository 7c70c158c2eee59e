//! `GET /api/sessions`: the caller's open sessions.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    page::{Listed, Page},
    problem::Problem,
    view::person::SessionView,
};
use axum::extract::State;
use campusg_domain::owner::directory::Session;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<SessionView>>, Problem> {
    let now = app.now();
    let open = me
        .person
        .sessions
        .iter()
        .filter(|session| session.is_open(now));
    let place = |session: &&Session| (session.opened_at, session.id);
    let view = |session: &&Session| SessionView::of(session, me.session);
    Ok(answer::ok(&paging.of(open.collect(), place, view)?))
}
