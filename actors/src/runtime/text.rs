//! Checks of short texts: they are trimmed, and refused if they are invisible or too long.

use super::Refusal;
use campusg_domain::{
    rejection::Rejection,
    text::{check_name, check_words, plain_lines},
};

/// As [`plain`], and refuses characters that change the direction of writing.
pub(super) fn text(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = plain(field, text, most)?;
    let broken = |rule: &str| Refusal::rule(Rejection::field(field, rule));
    check_name(&text).map_err(broken).map(|()| text)
}

/// Returns a trimmed text with plain line ends, of 1 to `most` characters, of which one is visible.
pub(super) fn plain(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = plain_lines(text);
    let text = text.trim();
    let rule = |rule: String| Refusal::rule(Rejection::field(field, rule));
    if !(1..=most).contains(&text.chars().count()) {
        return Err(rule(format!("must have 1 to {most} characters")));
    }
    check_words(text).map_err(|broken| rule(broken.into()))?;
    Ok(text.into())
}
