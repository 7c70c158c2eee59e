//! `POST /api/notifications/send`: sends an operator's notice to one user.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::Call,
    dto::{text, user::NoticeIn},
    problem::Problem,
    view::inbox::SentView,
    wire,
};
use axum::extract::State;
use campusg_actors::runtime::NewNotice;

/// Longest additional data of a notice, in bytes.
const DATA_BYTES: usize = 4_096;

pub(crate) async fn send(
    State(app): State<AppState>,
    call: Call<NoticeIn>,
) -> Result<Created<SentView>, Problem> {
    let NoticeIn {
        user_id: user,
        title,
        message,
        order_id: order,
        data,
    } = call.body;
    let title = text::check("title", &title, wire::TITLE_CHARS)?;
    let message = text::check("message", &message, wire::MESSAGE_CHARS)?;
    let data = data.map(|data| data.0);
    if data.as_ref().is_some_and(|data| data.len() > DATA_BYTES) {
        let rule = format!("must have at most {DATA_BYTES} bytes");
        return Err(Problem::field("data", &rule));
    }
    let notice = NewNotice {
        user,
        title,
        message,
        order,
        data,
    };
    let notice = app.runtime().send_notice(call.meta, notice).await?;
    Ok(answer::created(
        &format!("/api/notifications/user/{user}"),
        &SentView::of(notice, user),
    ))
}
