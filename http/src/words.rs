//! People's own words on their way into a command: sealed under the caller's key.

use crate::{call::Call, edge::Edge, problem::Problem};
use campusg_actors::runtime::{SealWords, Wording};
use campusg_domain::order::Sealed;

/// The caller's words, sealed for a command of theirs.
///
/// # Errors
/// 422 with the field of the wording.
pub(crate) async fn sealed<T>(
    edge: &Edge,
    call: &Call<T>,
    wording: Wording,
    text: String,
) -> Result<Sealed, Problem> {
    let author = call.caller.principal;
    let words = SealWords {
        author,
        wording,
        text,
    };
    Ok(edge.runtime().query(words).await?)
}

/// The same, where the caller said something.
///
/// # Errors
/// As [`sealed`].
pub(crate) async fn sealed_if_any<T>(
    edge: &Edge,
    call: &Call<T>,
    wording: Wording,
    text: Option<String>,
) -> Result<Option<Sealed>, Problem> {
    match text {
        Some(text) => sealed(edge, call, wording, text).await.map(Some),
        None => Ok(None),
    }
}
