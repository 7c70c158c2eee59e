//! `GET /api/admin/audit`: what operators did, and why, newest first.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    dto::admin::AuditIn,
    page::{Asked, Page, cursor, limit},
    problem::Problem,
    view::audit::ActView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetAudit;

pub(crate) async fn audit(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<AuditIn>,
) -> Result<Response, Problem> {
    let page = GetAudit {
        before: cursor(asked.cursor.as_deref())?,
        limit: limit(asked.limit)?,
    };
    let page = app.runtime().query(page).await?;
    let acts = page.acts.iter().map(|act| ActView::of(act, &app, &me));
    Ok(answer::ok(&Page::going_on(acts.collect(), page.next)))
}
