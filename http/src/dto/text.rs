//! Checks of short texts in requests.

use crate::problem::Problem;

/// 422 for a text that is empty, longer than `most` characters, or contains control characters other than line ends.
pub(crate) fn check(field: &str, text: &str, most: usize) -> Result<(), Problem> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_short_plain_text_is_taken() {
        assert!(check("reason", "a\nb", 3).is_ok());
        for bad in ["", "  ", "abcd", "a\0"] {
            assert!(check("reason", bad, 3).is_err(), "{bad:?}");
        }
    }
}
