//! `GET /api/admin/audit`: the actions of operators with their reasons, newest first.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    page::{Listed, Page},
    problem::Problem,
    view::audit::ActView,
};
use axum::extract::State;

pub(crate) async fn audit(
    State(app): State<AppState>,
    me: Me,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<ActView>>, Problem> {
    let (before, limit) = (paging.cursor()?, paging.limit()?);
    let page = app.runtime().audit(before, limit).await?;
    let acts = page.acts.iter().map(|act| ActView::of(act, &app, &me));
    Ok(answer::ok(&Page::going_on(acts.collect(), page.next)))
}
