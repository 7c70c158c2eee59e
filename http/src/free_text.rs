//! People's own words on their way into a command: sealed under the caller's key.

use crate::{app_state::AppState, call::Call, problem::Problem};
use campusg_actors::runtime::FreeText;
use campusg_domain::text::Sealed;

/// The caller's words, sealed for a command of theirs.
///
/// # Errors
/// 422 with the field of the wording.
pub(crate) fn sealed<T>(
    app: &AppState,
    call: &Call<T>,
    wording: FreeText,
    text: &str,
) -> Result<Sealed, Problem> {
    let author = call.meta.principal;
    Ok(app.runtime().seal_free_text(author, wording, text)?)
}

/// The same, where the caller said something.
///
/// # Errors
/// As [`sealed`].
pub(crate) fn sealed_if_any<T>(
    app: &AppState,
    call: &Call<T>,
    wording: FreeText,
    text: Option<&str>,
) -> Result<Option<Sealed>, Problem> {
    text.map(|text| sealed(app, call, wording, text))
        .transpose()
}
