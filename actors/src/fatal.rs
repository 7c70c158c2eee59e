//! The end of the process: told once, by whichever part can't go on first.
//!
//! An owner that panics ends the process, whichever it is: its memory may be wrong, everything it knew lies in the
//! journal, and a start takes less than a second. Must not: decide how the process ends; the hook does.

use std::sync::{Arc, Mutex, PoisonError};

type Hook = Box<dyn FnOnce(&str) + Send>;

/// The way to the hook. Cheap to clone; the first to ring is heard, the others are not.
#[derive(Clone)]
pub(crate) struct Fatal(Arc<Mutex<Option<Hook>>>);

impl Fatal {
    /// Rings `hook`.
    pub(crate) fn new(hook: Hook) -> Self {
        Self(Arc::new(Mutex::new(Some(hook))))
    }

    /// Says why the process must end.
    pub(crate) fn ring(&self, why: &str) {
        let hook = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(hook) = hook {
            hook(why);
        }
    }

    /// A guard to be kept as a field of an owner.
    pub(crate) fn guard(&self, owner: &'static str) -> Guard {
        Guard { fatal: self.clone(), owner }
    }
}

/// Rings when its owner is dropped by a panic.
pub(crate) struct Guard {
    fatal: Fatal,
    owner: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.fatal.ring(&format!("the {} owner panicked", self.owner));
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guard({})", self.owner)
    }
}
