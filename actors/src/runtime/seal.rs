//! Personal data: sealed under its owner's key before it is recorded, opened when it is read.

use super::{Refusal, Runtime};
use campusg_domain::{id::UserId, text::Sealed};
use serde::{Serialize, de::DeserializeOwned};

impl Runtime {
    /// Seals a value under a person's key. It can only be opened with the same context `what`.
    pub(super) fn seal<T: Serialize>(
        &self,
        user: UserId,
        what: &str,
        value: &T,
    ) -> Result<Sealed, Refusal> {
        let plain = serde_json::to_vec(value).map_err(|_| Refusal::Fault)?;
        let sealed = self.vault().seal(user, what, &plain).map_err(|fault| {
            tracing::error!(%user, what, %fault, "sealing");
            Refusal::Fault
        })?;
        Ok(Sealed(sealed))
    }

    /// Opens a value; `None` if the key was destroyed, which is how personal data are erased.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        user: UserId,
        what: &str,
        sealed: &Sealed,
    ) -> Option<T> {
        let plain = self.vault().open(user, what, &sealed.0).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
