//! Seals free text of a caller (notes, reasons, messages) under the caller's key, on its way into a command.

use crate::{app_state::AppState, call::Call, problem::Problem};
use campusg_actors::runtime::FreeText;
use campusg_domain::text::Sealed;

/// Seals a text of the caller for the caller's own command.
///
/// # Errors
/// 422 with the field that `wording` names, if the text is empty or too long.
pub(crate) fn sealed<T>(
    app: &AppState,
    call: &Call<T>,
    wording: FreeText,
    text: &str,
) -> Result<Sealed, Problem> {
    let author = call.meta.principal;
    Ok(app.runtime().seal_free_text(author, wording, text)?)
}

/// Seals a text like [`sealed`], if there is one.
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
