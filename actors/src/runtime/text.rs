//! Short texts as people type them: trimmed, and refused where they show nothing or are too long.

use super::Refusal;
use campusg_domain::{
    rejection::Rejection,
    text::{check_name, check_words},
};

/// A name or a short text as [`plain`], that shows its letters in the order in which they are written.
pub(super) fn text(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = plain(field, text, most)?;
    let broken = |rule: &str| Refusal::rule(Rejection::field(field, rule));
    check_name(&text).map_err(broken).map(|()| text)
}

/// A short text without blanks around it that shows something.
pub(super) fn plain(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let rule = |rule: String| Refusal::rule(Rejection::field(field, rule));
    if !(1..=most).contains(&text.chars().count()) {
        return Err(rule(format!("must have 1 to {most} characters")));
    }
    check_words(text).map_err(|broken| rule(broken.into()))?;
    Ok(text.into())
}
