//! Commands to accounts: registering, signing in, profile, running.
//!
//! Personal fields are sealed here and opened here; the directory sees neither names nor passwords.

use super::{
    Caller, ChangeProfile, Command, Refusal, Register, RemoveCard, Runtime, Secret, SetRunner,
    SignIn, SignOut, SignedIn, Suspend,
};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use campusg_domain::{
    id::{Seq, SessionId, UserId},
    order::Rejection,
    owner::directory::{EmailDigest, RunnerState, Session, UserCommand},
    stream::{Envelope, Meta},
    text::check_name,
};
use serde::{Deserialize, Serialize};

/// What profiles are sealed as.
const PROFILE: &str = "profile";
/// Characters of a password.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 10..=128;
/// Characters of a name.
const NAME_CHARS: usize = 80;

/// A person's fields in plain text, as they are sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plain {
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) phone: Option<String>,
    password_hash: String,
}

impl Command for Register {
    type Reply = SignedIn;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<SignedIn, Refusal> {
        runtime.admit()?;
        let email = normal_email(&self.email)?;
        let plain = Plain {
            email: email.clone(),
            first_name: name("first_name", &self.first_name)?,
            last_name: name("last_name", &self.last_name)?,
            phone: self.phone.as_deref().map(phone).transpose()?.flatten(),
            password_hash: String::new(),
        };
        check_password(&self.password)?;
        let digest = runtime.email_digest(&email);
        if runtime.directory().by_email(&digest).is_some() {
            return Err(Refusal::rule(Rejection::EmailTaken));
        }
        let plain = Plain {
            password_hash: runtime.hash(self.password).await?,
            ..plain
        };
        let user = UserId::from_bytes(runtime.entropy().uuid(runtime.clock().now()));
        runtime.create_key(user).await?;
        let profile = runtime.seal(user, PROFILE, &plain)?;
        let (session, token) = runtime.new_session();
        let command = UserCommand::Register {
            email: digest,
            profile,
            operator: self.operator,
            session: Some(session),
        };
        if let Err(refusal) = runtime.change(user, command, &caller).await {
            // Where nothing was written and nothing will be, nobody needs the key.
            if matches!(
                refusal,
                Refusal::Rejected { .. } | Refusal::Busy { .. } | Refusal::StorageFull
            ) {
                runtime.destroy_key(user).await;
            }
            return Err(refusal);
        }
        Ok(SignedIn {
            user,
            session: session.id,
            token,
            expires_at: session.expires_at,
        })
    }
}

impl Command for SignIn {
    type Reply = SignedIn;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<SignedIn, Refusal> {
        let known = normal_email(&self.email).ok().and_then(|email| {
            let user = runtime
                .directory()
                .by_email(&runtime.email_digest(&email))?;
            Some((user, runtime.plain(user)?))
        });
        let hash = known.as_ref().map(|(_, plain)| plain.password_hash.clone());
        let matches = runtime.verify(self.password, hash).await?;
        let Some((user, _)) = known.filter(|_| matches) else {
            return Err(Refusal::WrongCredentials);
        };
        let (session, token) = runtime.new_session();
        runtime
            .change(user, UserCommand::OpenSession(session), &caller)
            .await?;
        Ok(SignedIn {
            user,
            session: session.id,
            token,
            expires_at: session.expires_at,
        })
    }
}

impl Command for SignOut {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        runtime
            .change(
                caller.user()?,
                UserCommand::CloseSession { id: self.0 },
                &caller,
            )
            .await
    }
}

impl Command for ChangeProfile {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        let user = caller.user()?;
        let mut plain = runtime
            .plain(user)
            .ok_or_else(|| Refusal::not_found("user"))?;
        if let Some(first) = &self.first_name {
            plain.first_name = name("first_name", first)?;
        }
        if let Some(last) = &self.last_name {
            plain.last_name = name("last_name", last)?;
        }
        if let Some(text) = &self.phone {
            plain.phone = phone(text)?;
        }
        let profile = runtime.seal(user, PROFILE, &plain)?;
        runtime
            .change(user, UserCommand::ChangeProfile { profile }, &caller)
            .await
    }
}

impl Command for RemoveCard {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        runtime
            .change(caller.user()?, UserCommand::RemoveCard, &caller)
            .await
    }
}

impl Command for SetRunner {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        let state = RunnerState {
            active: self.active,
            online: self.active && self.online,
        };
        runtime
            .change(caller.user()?, UserCommand::SetRunner(state), &caller)
            .await
    }
}

impl Command for Suspend {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        if self.suspended && caller.user()? == self.user {
            let who = "another operator".into();
            return Err(Refusal::rule(Rejection::NotAllowed { who }));
        }
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = if self.suspended {
            UserCommand::Suspend { reason }
        } else {
            UserCommand::Reinstate { reason }
        };
        runtime.change(self.user, command, &caller).await
    }
}

impl Runtime {
    pub(super) async fn change(
        &self,
        user: UserId,
        command: UserCommand,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        self.change_as(self.meta(caller), user, command)
            .await
            .map(drop)
    }

    /// Changes an account; the record's sequence, none where an earlier record did.
    pub(super) async fn change_as(
        &self,
        meta: Meta,
        user: UserId,
        command: UserCommand,
    ) -> Result<Seq, Refusal> {
        self.admit()?;
        let envelope = Envelope {
            meta,
            target: user,
            command,
        };
        self.owners().submit(envelope).await
    }

    /// A person's fields in plain text; `None` if unknown, or if the key is gone.
    pub(super) fn plain(&self, user: UserId) -> Option<Plain> {
        let sealed = self.directory().person(user)?.profile.clone()?;
        self.open(user, PROFILE, &sealed)
    }

    pub(super) fn email_digest(&self, email: &str) -> EmailDigest {
        self.vault().secrets().email_digest(email)
    }

    fn new_session(&self) -> (Session, Secret) {
        let now = self.clock().now();
        let token = self.entropy().token();
        let session = Session {
            id: SessionId::from_bytes(self.entropy().uuid(now)),
            token: self.vault().secrets().token_digest(token.as_bytes()),
            opened_at: now,
            expires_at: now.plus(self.config().session_ms),
        };
        (session, Secret(token))
    }

    async fn hash(&self, password: Secret) -> Result<String, Refusal> {
        let mut salt = [0; 16];
        self.entropy().fill(&mut salt);
        self.hashing(move || {
            let salt = SaltString::encode_b64(&salt).map_err(|_| Refusal::Fault)?;
            let hash = Argon2::default()
                .hash_password(password.0.as_bytes(), &salt)
                .map_err(|_| Refusal::Fault)?;
            Ok(hash.to_string())
        })
        .await?
    }

    /// Takes as long for an unknown person as for a known one.
    async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, Refusal> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.into());
        let matches = self
            .hashing(move || {
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

/// A hash that no password has, of the cost of a real one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn rule(field: &str, rule: impl Into<String>) -> Refusal {
    Refusal::rule(Rejection::field(field, rule))
}

fn normal_email(text: &str) -> Result<String, Refusal> {
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

fn name(field: &str, text: &str) -> Result<String, Refusal> {
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

fn phone(text: &str) -> Result<Option<String>, Refusal> {
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

fn check_password(password: &Secret) -> Result<(), Refusal> {
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
