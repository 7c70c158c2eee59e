//! Reports, at most once, that the process must end, by whichever part cannot go on first.
//!
//! A panic of any owner ends the process: the owner's memory may be wrong, everything it knew is in the journal, and
//! a start takes less than a second.
//! Must not: decide how the process ends; that is the hook's job.

use std::sync::{Arc, Mutex, PoisonError};

type Hook = Box<dyn FnOnce(&str) + Send>;

/// Calls a hook the first time it is raised, and never again. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FatalSignal(Arc<Mutex<Option<Hook>>>);

impl FatalSignal {
    /// `hook` is called with the reason.
    pub(crate) fn new(hook: Hook) -> Self {
        Self(Arc::new(Mutex::new(Some(hook))))
    }

    /// Calls the hook with the reason why the process must end, unless it was called before.
    pub(crate) fn raise(&self, why: &str) {
        let hook = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(hook) = hook {
            hook(why);
        }
    }

    /// Returns a guard that `owner` keeps as a field.
    pub(crate) fn guard(&self, owner: &'static str) -> Guard {
        Guard {
            fatal: self.clone(),
            owner,
        }
    }
}

/// Raises the signal when the owner that holds it is dropped by a panic.
pub(crate) struct Guard {
    fatal: FatalSignal,
    owner: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.fatal
                .raise(&format!("the {} owner panicked", self.owner));
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
    fn only_a_panic_raises_it_and_only_the_first_one() {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&seen);
        let fatal = FatalSignal::new(Box::new(move |why| kept.lock().unwrap().push(why.into())));
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
