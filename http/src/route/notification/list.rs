//! `GET /api/notifications/user/{user_id}`: a user's inbox, newest notice first.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    page::{Listed, Page},
    path::Id,
    problem::Problem,
    view::inbox::{InboxView, NoticeView},
};
use axum::extract::State;
use campusg_domain::id::UserId;

pub(crate) async fn list(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    Listed { paging, .. }: Listed,
) -> Result<Found<InboxView>, Problem> {
    let limit = paging.limit()?;
    let before = paging.cursor()?;
    let inbox = app.runtime().inbox(user, before, limit).await?;
    let notices = inbox
        .notices
        .iter()
        .map(|notice| NoticeView::of(notice, app.policy().currency))
        .collect();
    let Page { items, next_cursor } = Page::going_on(notices, inbox.next);
    Ok(answer::ok(&InboxView {
        unread: inbox.unread,
        items,
        next_cursor,
    }))
}
