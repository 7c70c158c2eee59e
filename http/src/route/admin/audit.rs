//! `GET /api/admin/audit`: the actions of operators with their reasons, newest first.

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

pub(crate) async fn audit(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<AuditIn>,
) -> Result<Response, Problem> {
    let (before, limit) = (cursor(asked.cursor.as_deref())?, limit(asked.limit)?);
    let page = app.runtime().audit(before, limit).await?;
    let acts = page.acts.iter().map(|act| ActView::of(act, &app, &me));
    Ok(answer::ok(&Page::going_on(acts.collect(), page.next)))
}
