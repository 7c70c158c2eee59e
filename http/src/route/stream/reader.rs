//! `GET /api/events`: all that is new for the caller, as it happens.

use crate::{
    app_state::AppState,
    auth::Me,
    live::{About, Listening, Live, LiveStream},
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn reader(
    State(app): State<AppState>,
    me: Me,
    listening: Listening,
) -> Result<LiveStream, Problem> {
    Live::begin(app, &me, About::Reader, listening)
}
