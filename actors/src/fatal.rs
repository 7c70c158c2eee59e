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
        Guard {
            fatal: self.clone(),
            owner,
        }
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
            self.fatal
                .ring(&format!("the {} owner panicked", self.owner));
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guard({})", self.owner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn only_a_panic_rings_and_only_the_first_is_heard() {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&seen);
        let fatal = Fatal::new(Box::new(move |why| kept.lock().unwrap().push(why.into())));
        drop(fatal.guard("calm"));
        for owner in ["escrow", "timer"] {
            let guard = fatal.guard(owner);
            let died = std::thread::spawn(move || {
                let _guard = guard;
                panic!("a panic that was asked for");
            });
            assert!(died.join().is_err());
        }
        assert_eq!(*seen.lock().unwrap(), ["the escrow owner panicked"]);
    }
}
