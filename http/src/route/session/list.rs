//! `GET /api/sessions`: the caller's open sessions.

use crate::{answer, app_state::AppState, auth::Me, page::Page, view::person::SessionView};
use axum::{extract::State, response::Response};

pub(crate) async fn list(State(app): State<AppState>, me: Me) -> Response {
    let now = app.now();
    let open = me
        .person
        .sessions
        .iter()
        .filter(|session| now < session.expires_at);
    answer::ok(&Page::whole(
        open.map(|session| SessionView::of(session, me.session))
            .collect(),
    ))
}
