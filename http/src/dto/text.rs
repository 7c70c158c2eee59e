//! Short texts in requests: line ends and tabs are written in one way, and the rest is checked.

use crate::problem::Problem;
use campusg_domain::text::{one_line, plain_lines};
use serde::{Deserialize, Deserializer};

/// Reads a text of one line, in which tabs are blanks.
pub(crate) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| one_line(&text))
}

/// As [`line`], for a text that need not be given.
pub(crate) fn line_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.map(|text| one_line(&text)))
}

/// Returns a text with plain line ends; 422 if it is empty, longer than `most` characters, or contains control characters
/// other than line ends and tabs.
pub(crate) fn check(field: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = plain_lines(text);
    let length = text.chars().count();
    if text.trim().is_empty() || length > most {
        return Err(Problem::field(
            field,
            &format!("must have 1 to {most} characters"),
        ));
    }
    if text
        .chars()
        .any(|letter| letter.is_control() && letter != '\n')
    {
        return Err(Problem::field(field, "must not have control characters"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_short_plain_text_is_taken() {
        assert_eq!(check("reason", "a\r\nb", 3).ok(), Some("a\nb".into()));
        for bad in ["", "  ", "abcd", "a\0"] {
            assert!(check("reason", bad, 3).is_err(), "{bad:?}");
        }
    }
}
