//! `POST /api/notifications/{id}/read`: marks one of the caller's notices as read.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::Nothing,
    path::Id,
    problem::Problem,
    view::inbox::read_id,
};
use axum::extract::State;

pub(crate) async fn read(
    State(app): State<AppState>,
    Id(notice): Id<String>,
    call: Call<Nothing>,
) -> Result<Done, Problem> {
    let notice = read_id(&notice).ok_or_else(|| Problem::not_found("notification"))?;
    app.runtime().read_notice(call.meta, notice).await?;
    Ok(answer::done())
}
