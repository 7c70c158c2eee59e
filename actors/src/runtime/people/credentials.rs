//! Checks e-mail addresses, names, phone numbers and passwords, and hashes passwords.

use super::sessions::Secret;
use crate::runtime::{Refusal, Runtime};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use campusg_domain::{rejection::Rejection, text::check_name};

/// The possible length of a password, in characters.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 10..=128;
/// Longest name, in characters.
const NAME_CHARS: usize = 80;

impl Runtime {
    pub(super) async fn hash(&self, password: Secret) -> Result<String, Refusal> {
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

fn rule(field: &str, rule: impl Into<String>) -> Refusal {
    Refusal::rule(Rejection::field(field, rule))
}

pub(super) fn normal_email(text: &str) -> Result<String, Refusal> {
    let email = text.trim().to_lowercase();
    let parts = email.split_once('@').filter(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    });
    let clean = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if parts.is_some() && clean {
        Ok(email)
    } else {
        Err(rule("email", "must be an e-mail address"))
    }
}

pub(super) fn name(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fits =
        (1..=NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if !fits {
        return Err(rule(
            field,
            format!("must have 1 to {NAME_CHARS} characters"),
        ));
    }
    check_name(text)
        .map(|()| text.into())
        .map_err(|broken| rule(field, broken))
}

pub(super) fn phone(text: &str) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    let fits = text.len() <= 32
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-() ".contains(c));
    if !fits {
        return Err(rule(
            "phone",
            "must have at most 32 digits, spaces and + - ( )",
        ));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

pub(super) fn check_password(password: &Secret) -> Result<(), Refusal> {
    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
    if PASSWORD_CHARS.contains(&password.0.chars().count()) {
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
    fn an_address_is_normalised_and_nonsense_is_refused() {
        assert_eq!(normal_email(" Ann@Campus.EDU ").unwrap(), "ann@campus.edu");
        for wrong in [
            "",
            "ann",
            "@campus.edu",
            "ann@campus",
            "ann@.edu",
            "a b@campus.edu",
            "ann@@campus.edu",
        ] {
            assert_eq!(
                normal_email(wrong).unwrap_err().code(),
                "invalid_field",
                "{wrong}"
            );
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
