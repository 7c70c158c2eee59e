//! People: accounts, profiles, whether they work as runners, and whether they are suspended.
//!
//! Personal fields are sealed and opened here; the directory sees neither names nor passwords.

mod card;
mod credentials;
mod sessions;

pub use card::NewCard;
pub use sessions::{Authenticated, Secret, SignedIn};

use super::{FreeText, Refusal, Runtime};
use campusg_domain::{
    id::{Seq, UserId},
    owner::directory::{Card, EmailDigest, Person, RunnerState, Session, UserCommand},
    rejection::Rejection,
    stream::Meta,
};
use credentials::{check_password, email, name, phone};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The sealing context of profiles.
const PROFILE: &str = "profile";

/// A person's fields in plain text, which are sealed as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plain {
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    password_hash: String,
}

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Unique, and never shown to other users.
    pub email: String,
    /// 10 to 128 characters.
    pub password: Secret,
    /// Shown to the other party of an order.
    pub first_name: String,
    /// Shown to operators only.
    pub last_name: String,
    /// Shown to operators only.
    pub phone: Option<String>,
    /// Whether the person is an operator; only the system can create one.
    pub operator: bool,
}

/// A change of a profile; `None` keeps a field.
#[derive(Clone, Debug)]
pub struct ProfileChange {
    /// Shown to the other party of an order.
    pub first_name: Option<String>,
    /// Shown to operators only.
    pub last_name: Option<String>,
    /// An empty text removes the phone number.
    pub phone: Option<String>,
}

/// A profile in plain text.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The person's id.
    pub user: UserId,
    /// Empty if the person's key was destroyed.
    pub email: String,
    /// Empty if the person's key was destroyed.
    pub first_name: String,
    /// Empty if the person's key was destroyed.
    pub last_name: String,
    /// `None` if there is none, or if the person's key was destroyed.
    pub phone: Option<String>,
    /// The part that the directory has in plain form: role, ratings, sessions, card.
    pub person: Arc<Person>,
}

impl Profile {
    /// The stored card, if there is one.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.person.card.as_ref()
    }

    /// Sessions that have been opened and not closed; some may have expired.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.person.sessions
    }
}

impl NewPerson {
    /// Refuses fields that no account can have. An e-mail address that is taken shows only when the account is created.
    ///
    /// # Errors
    /// `InvalidField`.
    pub fn check(&self) -> Result<(), Refusal> {
        self.plain().map(drop)
    }

    /// The fields as they are kept, without the hash of the password.
    fn plain(&self) -> Result<Plain, Refusal> {
        check_password(&self.password)?;
        Ok(Plain {
            email: email(&self.email)?,
            first_name: name("first_name", &self.first_name)?,
            last_name: name("last_name", &self.last_name)?,
            phone: self.phone.as_deref().map(phone).transpose()?.flatten(),
            password_hash: String::new(),
        })
    }
}

impl Runtime {
    /// Creates an account and signs in.
    ///
    /// # Errors
    /// `InvalidField`, `EmailTaken`; `NotAllowed` if anybody but the system creates an operator.
    pub async fn register(&self, meta: Meta, person: NewPerson) -> Result<SignedIn, Refusal> {
        self.admit()?;
        let plain = person.plain()?;
        let email = plain.email.clone();
        let digest = self.email_digest(&email);
        if self.directory().by_email(&digest).is_some() {
            return Err(Refusal::rule(Rejection::EmailTaken));
        }
        let plain = Plain {
            password_hash: self.hash(person.password).await?,
            ..plain
        };
        let user = UserId::from_bytes(self.entropy().uuid(self.clock().now()));
        self.create_key(user).await?;
        let profile = self.seal(user, PROFILE, &plain)?;
        let (session, token) = self.new_session();
        let command = UserCommand::Register {
            email: digest,
            profile,
            operator: person.operator,
            session: Some(session),
        };
        if let Err(refusal) = self.submit(meta, user, command).await {
            // Nothing was written and nothing will be, so nobody needs the key.
            if matches!(
                refusal,
                Refusal::Rejected { .. } | Refusal::Busy { .. } | Refusal::StorageFull
            ) {
                self.destroy_key(user).await;
            }
            return Err(refusal);
        }
        Ok(SignedIn {
            user,
            session: session.id,
            token,
            device: self.new_device(&email),
            expires_at: session.expires_at,
        })
    }

    /// Changes the given fields of the caller's profile.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`, `InvalidField`.
    pub async fn change_profile(&self, meta: Meta, change: ProfileChange) -> Result<(), Refusal> {
        let user = meta.user()?;
        let plain = self.plain(user);
        let mut plain = plain.ok_or_else(|| Refusal::not_found("user"))?;
        if let Some(first) = &change.first_name {
            plain.first_name = name("first_name", first)?;
        }
        if let Some(last) = &change.last_name {
            plain.last_name = name("last_name", last)?;
        }
        if let Some(text) = &change.phone {
            plain.phone = phone(text)?;
        }
        let profile = self.seal(user, PROFILE, &plain)?;
        let change = UserCommand::ChangeProfile { profile };
        self.submit(meta, user, change).await.map(drop)
    }

    /// Sets whether the caller may accept orders, and whether they are notified of new ones.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn set_runner(&self, meta: Meta, runner: RunnerState) -> Result<(), Refusal> {
        let user = meta.user()?;
        let state = RunnerState {
            active: runner.active,
            online: runner.active && runner.online,
        };
        let set = UserCommand::SetRunner(state);
        self.submit(meta, user, set).await.map(drop)
    }

    /// Bars a user from placing and accepting orders, or ends that. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, `NotFound`.
    pub async fn suspend(
        &self,
        meta: Meta,
        user: UserId,
        suspended: bool,
        reason: &str,
    ) -> Result<(), Refusal> {
        meta.operator()?;
        if suspended && meta.user()? == user {
            let who = "another operator".into();
            return Err(Rejection::NotAllowed { who }.into());
        }
        let reason = self.seal_free_text(meta.principal, FreeText::Reason, reason)?;
        let command = if suspended {
            UserCommand::Suspend { reason }
        } else {
            UserCommand::Reinstate { reason }
        };
        self.submit(meta, user, command).await.map(drop)
    }

    /// Returns a person's profile in plain text; `None` if there is no such person.
    ///
    /// # Errors
    /// `Stopping` if the directory can't catch up.
    pub async fn profile(&self, user: UserId) -> Result<Option<Profile>, Refusal> {
        self.profile_as_of(user, self.durable()).await
    }

    /// As [`profile`](Self::profile), but as of an earlier record, so that there is seldom anything to wait for.
    ///
    /// # Errors
    /// `Stopping` if the directory can't catch up.
    pub async fn profile_as_of(
        &self,
        user: UserId,
        as_of: Seq,
    ) -> Result<Option<Profile>, Refusal> {
        self.0.directory.caught_up(as_of).await?;
        let Some(person) = self.directory().person(user).cloned() else {
            return Ok(None);
        };
        let plain = self.plain(user);
        let (email, first_name, last_name, phone) = plain
            .map(|plain| (plain.email, plain.first_name, plain.last_name, plain.phone))
            .unwrap_or_default();
        Ok(Some(Profile {
            user,
            email,
            first_name,
            last_name,
            phone,
            person,
        }))
    }

    /// Opens a person's sealed fields; `None` if there is no such person, or if their key was destroyed.
    fn plain(&self, user: UserId) -> Option<Plain> {
        let sealed = self.directory().person(user)?.profile.clone()?;
        self.open(user, PROFILE, &sealed)
    }

    fn email_digest(&self, email: &str) -> EmailDigest {
        self.vault().secrets().email_digest(email)
    }
}
