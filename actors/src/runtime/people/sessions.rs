//! Signing in and out, and finding a token's owner.

use crate::runtime::{Refusal, Runtime, email::folded_email};
use campusg_domain::{
    id::{Principal, Seq, SessionId, UserId},
    owner::directory::{Person, Session, UserCommand},
    stream::Meta,
    time::At,
};
use std::{fmt, sync::Arc};

/// A text that is hidden in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A new session. Only the token's digest is stored, so the token can't be shown again.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person who signed in.
    pub user: UserId,
    /// The id under which the session can be closed.
    pub session: SessionId,
    /// The secret that authenticates requests.
    pub token: Secret,
    /// Shows at a later sign-in that the device was signed in before. It authenticates nobody.
    pub device: Secret,
    /// The session is not valid from this time on.
    pub expires_at: At,
}

/// A caller with a valid session.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// `Operator` if the person is an operator, otherwise `User`.
    pub principal: Principal,
    /// The caller's id.
    pub user: UserId,
    /// The session whose token was used.
    pub session: SessionId,
    /// What the directory knows of the caller.
    pub person: Arc<Person>,
    /// The last record that was durable at authentication. Data as of it contains everything acknowledged before.
    pub durable: Seq,
}

impl Runtime {
    /// Opens a session for the person with this e-mail address and password.
    ///
    /// # Errors
    /// `WrongCredentials`, whichever of the two is wrong.
    pub async fn sign_in(
        &self,
        meta: Meta,
        email: &str,
        password: Secret,
    ) -> Result<SignedIn, Refusal> {
        let email = folded_email(email);
        let known = self.directory().by_email(&self.email_digest(&email));
        let known = known.and_then(|user| Some((user, self.plain(user)?)));
        let hash = known.as_ref().map(|(_, plain)| plain.password_hash.clone());
        let matches = self.verify(password, hash).await?;
        let Some((user, _)) = known.filter(|_| matches) else {
            return Err(Refusal::WrongCredentials);
        };
        let (session, token) = self.new_session();
        let open = UserCommand::OpenSession(session);
        self.submit(meta, user, open).await?;
        Ok(SignedIn {
            user,
            session: session.id,
            token,
            device: self.new_device(&email),
            expires_at: session.expires_at,
        })
    }

    /// Makes a token for a device that signed in to the account with this e-mail address. It is not stored: a keyed hash
    /// in it binds it to the address.
    pub(super) fn new_device(&self, email: &str) -> Secret {
        let name = self.entropy().token();
        let proof = self.device_proof(email, &name);
        Secret(format!("{name}.{proof}"))
    }

    /// Whether a device's token was given out to a device that signed in to the account with this e-mail address.
    #[must_use]
    pub fn knows_device(&self, email: &str, device: &str) -> bool {
        let parts = device.split_once('.');
        parts.is_some_and(|(name, proof)| {
            // Hashes are compared in constant time.
            let given = blake3::Hash::from_hex(proof);
            given.is_ok_and(|given| given == self.device_proof(email, name))
        })
    }

    fn device_proof(&self, email: &str, name: &str) -> blake3::Hash {
        let secrets = self.vault().secrets();
        let account = self.email_digest(&folded_email(email)).0;
        let parts = [b"device", &account[..], name.as_bytes()];
        blake3::Hash::from_bytes(secrets.token_digest(&parts.concat()).0)
    }

    /// Closes a session of the caller.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn sign_out(&self, meta: Meta, session: SessionId) -> Result<(), Refusal> {
        let user = meta.user()?;
        let close = UserCommand::CloseSession { id: session };
        self.submit(meta, user, close).await.map(drop)
    }

    /// Returns the owner of a token; `None` if no valid session has it.
    #[must_use]
    pub fn authenticate(&self, token: &Secret) -> Option<Authenticated> {
        let token = self.vault().secrets().token_digest(token.0.as_bytes());
        let directory = self.directory();
        let (user, session) = directory.by_token(&token, self.clock().now())?;
        let person = directory.person(user).cloned()?;
        let principal = if person.operates() {
            Principal::Operator(user)
        } else {
            Principal::User(user)
        };
        Some(Authenticated {
            principal,
            user,
            session,
            person,
            durable: self.durable(),
        })
    }

    pub(super) fn new_session(&self) -> (Session, Secret) {
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
}
