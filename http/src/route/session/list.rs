//! `GET /api/sessions`: the caller's open sessions.

use crate::{answer, auth::Me, edge::Edge, page::Page, view::person::SessionView};
use axum::{extract::State, response::Response};

pub(crate) async fn list(State(edge): State<Edge>, me: Me) -> Response {
    let now = edge.now();
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
