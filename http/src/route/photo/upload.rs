//! `POST /api/photos`: stores a photo for the caller.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::Upload,
    problem::Problem,
    view::parts::PhotoView,
};
use axum::extract::State;

pub(crate) async fn upload(
    State(app): State<AppState>,
    upload: Upload,
) -> Result<Created<PhotoView>, Problem> {
    let stored = app.runtime().store_photo(upload.meta, upload.bytes);
    let photo = stored.await?;
    Ok(answer::created(
        &format!("/api/photos/{photo}"),
        &PhotoView { id: photo },
    ))
}
