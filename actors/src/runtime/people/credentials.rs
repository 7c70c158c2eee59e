//! Checks e-mail addresses, names, phone numbers and passwords, and hashes passwords.

use super::sessions::Secret;
use crate::runtime::{
    Refusal, Runtime,
    bounds::{PASSWORD_CHARS, PERSON_NAME_CHARS, PHONE_CHARS},
    email::normal_email,
};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use campusg_domain::{
    rejection::Rejection,
    text::{check_name, one_line},
};
use unicode_normalization::UnicodeNormalization;

/// Digits of a telephone number, its extension included: from an internal number to the longest international one.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=25;

impl Runtime {
    pub(super) async fn hash(&self, password: Secret) -> Result<String, Refusal> {
        let password = prepared(&password);
        let mut salt = [0; 16];
        self.entropy().fill(&mut salt);
        self.hashing(&self.0.new_passwords, move || {
            let salt = SaltString::encode_b64(&salt).map_err(|_| Refusal::Fault)?;
            let hash = Argon2::default()
                .hash_password(password.0.as_bytes(), &salt)
                .map_err(|_| Refusal::Fault)?;
            Ok(hash.to_string())
        })
        .await?
    }

    /// Verifies a password. Without a hash (unknown person) it takes as long as with one.
    pub(super) async fn verify(
        &self,
        password: Secret,
        hash: Option<String>,
    ) -> Result<bool, Refusal> {
        let password = prepared(&password);
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.into());
        let matches = self
            .hashing(&self.0.sign_ins, move || {
                let parsed = PasswordHash::new(&hash).ok();
                parsed.is_some_and(|hash| {
                    Argon2::default()
                        .verify_password(password.0.as_bytes(), &hash)
                        .is_ok()
                })
            })
            .await?;
        Ok(matches && known)
    }
}

/// A hash that matches no password and costs as much to check as a real one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Writes a password in one way, however a device composes its letters: as the profile `OpaqueString` of RFC 8265 does,
/// but that nothing is refused.
fn prepared(password: &Secret) -> Secret {
    let blank = |letter: char| {
        if letter.is_whitespace() && !letter.is_control() {
            ' '
        } else {
            letter
        }
    };
    Secret(password.0.chars().map(blank).nfc().collect())
}

fn rule(field: &str, rule: impl Into<String>) -> Refusal {
    Refusal::rule(Rejection::field(field, rule))
}

pub(super) fn email(text: &str) -> Result<String, Refusal> {
    normal_email(text).ok_or_else(|| rule("email", "must be an e-mail address"))
}

pub(super) fn name(field: &str, text: &str) -> Result<String, Refusal> {
    let text = one_line(text);
    let text = text.trim();
    let fits = (1..=PERSON_NAME_CHARS).contains(&text.chars().count())
        && !text.chars().any(char::is_control);
    if !fits {
        return Err(rule(
            field,
            format!("must have 1 to {PERSON_NAME_CHARS} characters"),
        ));
    }
    check_name(text)
        .map(|()| text.into())
        .map_err(|broken| rule(field, broken))
}

/// Returns a telephone number as its owner writes it, with plain blanks and hyphens; `None` if there is none. People write
/// numbers in many ways, and only operators read them, so little is asked: enough digits, and nothing but what stands in
/// numbers.
pub(super) fn phone(text: &str) -> Result<Option<String>, Refusal> {
    let plain = |letter: char| match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        _ if letter.is_whitespace() => ' ',
        _ => letter,
    };
    let text: String = text.trim().chars().map(plain).collect();
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let mut rest = text.to_lowercase();
    for word in ["tel:", "extension", "ext", "x"] {
        rest = rest.replace(word, "");
    }
    let is_part = |letter: char| letter.is_ascii_digit() || "+-()./,;=#* ".contains(letter);
    let fits =
        text.len() <= PHONE_CHARS && PHONE_DIGITS.contains(&digits) && rest.chars().all(is_part);
    if fits {
        return Ok(Some(text));
    }
    let (least, most) = (PHONE_DIGITS.start(), PHONE_DIGITS.end());
    Err(rule(
        "phone",
        format!("must be a telephone number of {least} to {most} digits, as +1 555 010 0199 ext 5"),
    ))
}

pub(super) fn check_password(password: &Secret) -> Result<(), Refusal> {
    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
    if PASSWORD_CHARS.contains(&prepared(password).0.chars().count()) {
        return Ok(());
    }
    Err(rule(
        "password",
        format!("must have {least} to {most} characters"),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn c2_a_password_is_the_same_however_it_is_composed() {
        let same = |one: &str, other: &str| {
            prepared(&Secret(one.into())) == prepared(&Secret(other.into()))
        };
        for (one, other) in [
            ("caf\u{e9} am Stra\u{df}e", "cafe\u{301} am Stra\u{df}e"),
            ("\u{1e69}", "s\u{323}\u{307}"),
            ("\u{1e69}", "s\u{307}\u{323}"),
            ("\u{212b}", "\u{c5}"),
            ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
            ("a b", "a\u{a0}b"),
            ("a b", "a\u{3000}b"),
        ] {
            assert!(same(one, other), "{one:?} and {other:?}");
        }
        for (one, other) in [
            ("A", "a"),
            ("\u{df}", "ss"),
            ("a  b", "a b"),
            ("\u{fb01}", "fi"),
            ("e", "\u{e9}"),
        ] {
            assert!(!same(one, other), "{one:?} and {other:?}");
        }
        let ten = "e\u{301}".repeat(5);
        assert!(check_password(&Secret(ten)).is_err(), "5 letters");
    }

    #[test]
    fn c5_telephone_numbers_are_taken_as_people_write_them() {
        for number in [
            "555.010.0199",
            "+1 555 010 0199 ext 5",
            "+49/30 123",
            "(555) 010-0199 x12",
            "+1 (555) 010-0199 Ext. 5",
            "tel:+1-555-010-0199;ext=5",
            "030/123 45-67",
            "0199 #5",
            "112",
        ] {
            assert_eq!(phone(number).unwrap().as_deref(), Some(number));
        }
        let spelled = phone(" 555\u{2013}010\u{a0}0199\t5 ").unwrap();
        assert_eq!(spelled.as_deref(), Some("555-010 0199 5"));
        assert_eq!(phone("  ").unwrap(), None);
        for wrong in [
            "12",
            "call me",
            "555 0199 <b>",
            "1".repeat(26).as_str(),
            "+1 555\u{0}0199",
            "---",
        ] {
            assert_eq!(phone(wrong).unwrap_err().code(), "invalid_field", "{wrong}");
        }
    }

    #[test]
    fn the_hash_of_nobody_parses_and_costs_what_a_real_one_does() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = Argon2::default()
            .hash_password(b"x", &SaltString::encode_b64(&[1; 16]).unwrap())
            .unwrap()
            .to_string();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.algorithm, real.algorithm);
    }
}
