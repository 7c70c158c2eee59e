//! Names and words as people see them: what must be in them, and what must not; and personal text once it is sealed.
//!
//! Owns the rules that keep a name from passing for another, or for none, and a text from showing nothing. Must not: know
//! lengths, or whose they are.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Bytes sealed under a person's key; the domain passes them on and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

/// Checks that a name is one line which shows something, all of it, in the order in which it is written. A joiner or a
/// selector of another form is taken where it changes what stands before it, as in Persian and in emoji.
///
/// # Errors
/// The rule that is broken, to stand after the field's name.
pub fn check_name(text: &str) -> Result<(), &'static str> {
    if text.chars().any(turns_writing) {
        return Err("must not change the direction of writing");
    }
    if !text.chars().any(is_visible) {
        return Err("must have a visible character");
    }
    if text
        .chars()
        .any(|letter| letter.is_control() || ends_line(letter))
    {
        return Err("must be one line, without control characters");
    }
    let before = std::iter::once(' ').chain(text.chars());
    if before
        .zip(text.chars())
        .any(|(before, letter)| is_hidden(before, letter))
    {
        return Err("must not have invisible characters");
    }
    Ok(())
}

/// Returns a name without what people overlook when they compare names: how its letters are composed, case, width, what
/// is invisible, and how many blanks there are.
#[must_use]
pub fn as_people_compare(name: &str) -> String {
    let seen = name.chars().filter(|letter| !is_ignorable(*letter));
    // Through upper case, so that letters with two lower cases are one, and before it through lower case for capital ẞ.
    let folded: String = seen
        .nfkc()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
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
    text.replace("\r\n", "\n")
        .replace(ends_line, "\n")
        .replace('\t', " ")
}

/// Writes the tabs of a text of one line as blanks. A line end stays, and is refused where the text is checked.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace('\t', " ")
}

const fn ends_line(letter: char) -> bool {
    matches!(
        letter,
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Whether a letter shows nothing where it stands. Joiners work from the Arabic script on, selectors of another form on
/// symbols.
fn is_hidden(before: char, letter: char) -> bool {
    match letter {
        '\u{200C}' | '\u{200D}' | '\u{2D7F}' | '\u{1107F}' => {
            before < '\u{600}' || is_ignorable(before) && !is_selector(before)
        }
        _ if is_selector(letter) => {
            before.is_whitespace() || before.is_alphabetic() || is_ignorable(before)
        }
        _ => is_ignorable(letter),
    }
}

const fn is_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}')
}

/// Source: Unicode 16, `Bidi_Control`.
const fn turns_writing(letter: char) -> bool {
    matches!(
        letter,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether a letter shows something wherever it stands.
#[must_use]
pub fn is_visible(letter: char) -> bool {
    !(letter.is_whitespace() || letter.is_control() || is_ignorable(letter))
}

/// Whether a letter has no shape of its own, or nobody can know which.
fn is_ignorable(letter: char) -> bool {
    let class = letter.general_category();
    let has_none = matches!(class, GeneralCategory::Format | GeneralCategory::PrivateUse)
        // Each year brings new emoji, which devices know before this does.
        || class == GeneralCategory::Unassigned && !matches!(letter, '\u{1F000}'..='\u{1FAFF}');
    has_none || is_default_ignorable(letter) || is_blank_by_design(letter)
}

/// What a letter's class calls a letter, a mark or a symbol, and is a joiner, a control or a blank all the same: of Tifinagh,
/// Brahmi, Braille, Duployan, Egyptian (the whole block of its controls), Khitan and music; and the place of an object.
const fn is_blank_by_design(letter: char) -> bool {
    matches!(
        letter,
        '\u{2800}' | '\u{2D7F}' | '\u{FFFC}' | '\u{1107F}' | '\u{13430}'
            ..='\u{1345F}' | '\u{16FE4}' | '\u{1BC9D}' | '\u{1D159}'
    )
}

/// Source: Unicode 16, `Default_Ignorable_Code_Point`.
const fn is_default_ignorable(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::{as_people_compare, check_name, check_words, one_line, plain_lines};

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
    fn a_name_hides_nothing_and_is_one_line() {
        for letter in "\u{200B}\u{200C}\u{200D}\u{AD}\u{FEFF}\u{2060}\u{2061}\u{34F}\u{180E}\u{3164}\u{FE0F}\u{E0041}\u{FFF9}".chars() {
            for name in [format!("A{letter}da"), format!("{letter}Ada"), format!("Ada{letter}")] {
                assert_eq!(check_name(&name), Err("must not have invisible characters"), "{name:?}");
            }
        }
        for twice in ["👩\u{200D}\u{200D}🍳", "❤\u{FE0F}\u{FE0F}", "\u{200D}👩"] {
            assert!(check_name(twice).is_err(), "{twice:?}");
        }
        for end in "\n\r\u{B}\u{C}\u{85}\u{2028}\u{2029}\0\t\u{7F}".chars() {
            let rule = "must be one line, without control characters";
            assert_eq!(
                check_name(&format!("Ada{end}Operator")),
                Err(rule),
                "{end:?}"
            );
        }
    }

    #[test]
    fn f53_a_name_has_no_letter_that_shows_nothing_whatever_its_class() {
        // Formats, private use, unassigned and none, objects, fillers, blanks and controls of old scripts.
        let unseen = "\u{600}\u{6DD}\u{8E2}\u{110BD}\u{E000}\u{F8FF}\u{10FFFD}\u{378}\u{FDD0}\u{FFFF}\u{1FFFE}\u{FFFC}\
                      \u{16FE4}\u{13430}\u{13440}\u{13441}\u{13442}\u{1345F}\u{1D159}\u{1BC9D}\u{1BCA0}\u{2D7F}\u{1107F}\u{2800}";
        for letter in unseen.chars() {
            for name in [
                format!("A{letter}da"),
                format!("{letter}Ada"),
                format!("Ada{letter}"),
            ] {
                let rule = "must not have invisible characters";
                assert_eq!(check_name(&name), Err(rule), "{name:?}");
            }
            let alone = check_name(&letter.to_string());
            assert_eq!(alone, Err("must have a visible character"), "{letter:?}");
            assert_eq!(as_people_compare(&format!("A{letter}da")), "ada");
        }
    }

    #[test]
    fn two_spellings_of_one_name_are_one_name() {
        let café = as_people_compare("Caf\u{e9}");
        for same in [
            "Cafe\u{301}",
            "CAF\u{c9}",
            "  caf\u{e9}\u{a0}",
            "Caf\u{e9}\u{200B}",
            "\u{FEFF}Ca\u{AD}f\u{e9}",
            "Cafe\u{200D}\u{301}",
            "\u{202E}Caf\u{e9}",
            "\u{ff23}\u{ff41}\u{ff46}\u{e9}",
        ] {
            assert_eq!(as_people_compare(same), café, "{same:?}");
        }
        for other in ["Cafe", "Caf \u{e9}", "Kaf\u{e9}"] {
            assert_ne!(as_people_compare(other), café, "{other:?}");
        }
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("A  B", "a\u{3000}b"),
        ] {
            assert_eq!(as_people_compare(one), as_people_compare(other));
        }
        for letter in '\0'..='\u{1FFFF}' {
            let once = as_people_compare(&letter.to_string());
            assert_eq!(as_people_compare(&once), once, "{letter:?}");
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
            "I \u{2764}\u{FE0F} soup",
            "7\u{FE0F}\u{20E3} Eleven",
            "🏳\u{FE0F}\u{200D}🌈",
            "ශ්\u{200D}රී",
            "ⵜⴰ\u{2D7F}ⴱⴱ",
            "🧑🏽\u{200D}🚀",
            "🇨🇭",
            "a new emoji \u{1FAFF}",
            "7",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }
}
