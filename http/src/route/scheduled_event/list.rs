//! `GET /api/scheduled-events`: events that were scheduled over the API, oldest first.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    page::{Listed, Page},
    problem::Problem,
    view::timer::ScheduledView,
};
use axum::extract::State;
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<ScheduledView>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.cursor()?);
    let events = app.runtime().scheduled(after, limit + 1).await?;
    let view = |(id, event): &(_, Arc<_>)| {
        ScheduledView::of(*id, event, app.runtime().payload(event).as_deref())
    };
    let page = Page::of_one_more(events, limit, |(id, _)| *id, view);
    Ok(answer::ok(&page))
}
