//! People's own words on their way into a command: sealed under the caller's key.

use crate::{app_state::AppState, call::Call, problem::Problem};
use campusg_actors::runtime::{FreeText, SealFreeText};
use campusg_domain::order::Sealed;

/// The caller's words, sealed for a command of theirs.
///
/// # Errors
/// 422 with the field of the wording.
pub(crate) async fn sealed<T>(
    app: &AppState,
    call: &Call<T>,
    wording: FreeText,
    text: String,
) -> Result<Sealed, Problem> {
    let author = call.caller.principal;
    let words = SealFreeText {
        author,
        wording,
        text,
    };
    Ok(app.runtime().query(words).await?)
}

/// The same, where the caller said something.
///
/// # Errors
/// As [`sealed`].
pub(crate) async fn sealed_if_any<T>(
    app: &AppState,
    call: &Call<T>,
    wording: FreeText,
    text: Option<String>,
) -> Result<Option<Sealed>, Problem> {
    match text {
        Some(text) => sealed(app, call, wording, text).await.map(Some),
        None => Ok(None),
    }
}
