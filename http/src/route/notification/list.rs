//! `GET /api/notifications/user/{user_id}`: a user's inbox, newest notice first.

use crate::{
    answer,
    app_state::AppState,
    dto::user::PageIn,
    page,
    page::{Asked, Page},
    path::Id,
    problem::Problem,
    view::inbox::{InboxView, NoticeView},
};
use axum::{extract::State, response::Response};
use campusg_domain::id::UserId;

pub(crate) async fn list(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    Asked(asked): Asked<PageIn>,
) -> Result<Response, Problem> {
    let limit = page::limit(asked.limit)?;
    let before = page::cursor(asked.cursor.as_deref())?;
    let inbox = app.runtime().inbox(user, before, limit).await?;
    let notices = inbox
        .notices
        .iter()
        .map(|notice| NoticeView::of(notice, app.currency()))
        .collect();
    let Page { items, next_cursor } =
        Page::new(notices, limit, inbox.notices.last().map(|notice| notice.id));
    Ok(answer::ok(&InboxView {
        unread: inbox.unread,
        items,
        next_cursor,
    }))
}
