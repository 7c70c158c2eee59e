//! The keys of the last 24 hours, shared by everybody who decides keyed commands.
//!
//! The journal's thread folds each batch before it is acknowledged, and before any owner has it: whoever decides a command
//! after an earlier one was answered finds that one's key. Must not: be locked across an await.

use campusg_domain::{
    id::{CommandId, Seq, UserId},
    keys::{Claim, Keys},
    record::Record,
    rejection::Rejection,
    stream::Meta,
    time::At,
};
use campusg_storage::journal::Batch;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cheap to clone; all clones share the same keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedKeys(Arc<Mutex<Keys>>);

/// What a command's key says before the command is decided.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// The command is new. It holds its key, if it has one.
    New(Option<KeyClaim>),
    /// The command became this record.
    Done(Seq),
}

/// The key of a command under way. Dropping it gives the key back, unless the command's record is folded by then.
#[derive(Debug)]
pub(crate) struct KeyClaim {
    keys: SharedKeys,
    caller: Option<UserId>,
    command: CommandId,
}

impl SharedKeys {
    pub(crate) fn new(keys: Keys) -> Self {
        Self(Arc::new(Mutex::new(keys)))
    }

    /// Claims the key of a command, if it has one.
    ///
    /// # Errors
    /// As [`Keys::claim`].
    pub(crate) fn claim(&self, meta: &Meta, now: At) -> Result<Claimed, Rejection> {
        if !meta.keyed {
            return Ok(Claimed::New(None));
        }
        Ok(match self.lock().claim(meta, now)? {
            Claim::Done(seq) => Claimed::Done(seq),
            Claim::New => Claimed::New(Some(KeyClaim {
                keys: self.clone(),
                caller: meta.principal.user(),
                command: meta.id,
            })),
        })
    }

    /// Returns the record that a command became; `None` if it has no key, is new or under way.
    ///
    /// # Errors
    /// As [`Keys::look`].
    pub(crate) fn look(&self, meta: &Meta, now: At) -> Result<Option<Seq>, Rejection> {
        if meta.keyed {
            self.lock().look(meta, now)
        } else {
            Ok(None)
        }
    }

    /// Folds a durable batch.
    pub(crate) fn fold(&self, batch: &Batch<Record>) {
        let mut keys = self.lock();
        for (seq, record) in batch.numbered() {
            keys.fold(Seq(seq), record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KeyClaim {
    fn drop(&mut self) {
        self.keys.lock().release(self.caller, self.command);
    }
}
