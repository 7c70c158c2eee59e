//! Names and words as people see them: what must be in them, and what must not; and personal text once it is sealed.
//!
//! Owns the rules that keep a name from passing for another, or for none, and a text from showing nothing. Must not: know
//! lengths, or whose they are.

use serde::{Deserialize, Serialize};

/// Bytes sealed under a person's key; the domain passes them on and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

/// Checks that a name shows something, and shows it in the order in which it is written.
///
/// # Errors
/// The rule that is broken, to stand after the field's name.
pub fn check_name(text: &str) -> Result<(), &'static str> {
    if text.chars().any(turns_writing) {
        return Err("must not change the direction of writing");
    }
    if text.chars().any(is_visible) {
        Ok(())
    } else {
        Err("must have a visible character")
    }
}

/// Checks that a text of more than a name shows something, in plain letters and lines. Marks that turn the direction of
/// writing belong to many languages' texts and are taken.
///
/// # Errors
/// The rule that is broken, to stand after the field's name.
pub fn check_words(text: &str) -> Result<(), &'static str> {
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("must not have control characters other than line ends");
    }
    if text.chars().any(is_visible) {
        Ok(())
    } else {
        Err("must have a visible character")
    }
}

/// Writes a text's line ends as `\n` and its tabs as blanks, however they came: browsers send `\r\n`, other machines others.
#[must_use]
pub fn plain_lines(text: &str) -> String {
    let ends = |letter| {
        matches!(
            letter,
            '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    text.replace("\r\n", "\n")
        .replace(ends, "\n")
        .replace('\t', " ")
}

/// Writes the tabs of a text of one line as blanks. A line end stays, and is refused where the text is checked.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace('\t', " ")
}

/// Source: Unicode 16, `Bidi_Control`.
const fn turns_writing(letter: char) -> bool {
    matches!(
        letter,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Source: Unicode 16, `Default_Ignorable_Code_Point`; the Braille blank besides, which is a symbol by its class.
fn is_visible(letter: char) -> bool {
    let ignorable = matches!(
        letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    );
    !(letter.is_whitespace() || letter.is_control() || ignorable)
}

#[cfg(test)]
mod tests {
    use super::{check_name, check_words, one_line, plain_lines};

    #[test]
    fn a_name_that_nobody_can_see_is_none() {
        for unseen in [
            "",
            " \t",
            "\u{200B}",
            "\u{200D}\u{FEFF}\u{2060}",
            "\u{3164}",
            "\u{E0041}\u{AD}",
            "\u{2800}",
        ] {
            assert_eq!(check_name(unseen), Err("must have a visible character"));
        }
    }

    #[test]
    fn a_name_that_turns_the_writing_around_is_refused() {
        for turn in "\u{202A}\u{202E}\u{2066}\u{2069}\u{200E}\u{200F}\u{61C}".chars() {
            assert_eq!(
                check_name(&format!("Ann{turn}nnA")),
                Err("must not change the direction of writing")
            );
        }
    }

    #[test]
    fn words_are_plain_lines_that_show_something() {
        for said in ["see you\nat the gate", "\u{200F}שלום", "?"] {
            assert_eq!(check_words(said), Ok(()), "{said:?}");
        }
        for unseen in ["", " \n ", "\u{200B}\u{2060}"] {
            assert_eq!(check_words(unseen), Err("must have a visible character"));
        }
        for control in ["a\tb", "a\r\nb", "\u{0}", "\u{7}"] {
            assert_eq!(
                check_words(control),
                Err("must not have control characters other than line ends")
            );
        }
    }

    #[test]
    fn c4_a_line_end_is_a_line_end_and_a_tab_is_white_space() {
        for ends in [
            "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{B}", "\u{C}",
        ] {
            let said = plain_lines(&format!("ring{ends}twice{ends}{ends}\tplease"));
            assert_eq!(said, "ring\ntwice\n\n please", "{ends:?}");
            assert_eq!(check_words(&said), Ok(()));
        }
        assert!(check_words(&plain_lines("a\u{7}b")).is_err());
        assert_eq!(one_line("Hall\t4"), "Hall 4");
    }

    #[test]
    fn names_of_every_script_are_taken() {
        for name in [
            "Ann",
            "O’Neill-Núñez",
            "नेहा",
            "می‌خواهم",
            "דנה",
            "李雷",
            "👩‍🍳 soup",
            "7",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }
}
