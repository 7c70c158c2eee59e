//! The memory in which pictures are unpacked: one budget for all of them.
//!
//! Invariants: what is taken never exceeds the budget. Who asks first takes first, so that a large picture is not passed
//! by small ones for ever.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The memory for unpacked pictures, in bytes.
pub(super) const BUDGET_BYTES: u64 = 192 << 20;

/// A budget; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: u64,
    /// The numbers of the next who asks, and of the next who takes.
    asking: u64,
    taking: u64,
}

/// A part of the budget; given back when dropped.
#[derive(Debug)]
pub(super) struct Taken {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                free: bytes,
                asking: 0,
                taking: 0,
            }),
            changed: Condvar::new(),
        }))
    }

    /// Waits for its turn, then until so much is free. `bytes` must be at most the whole budget.
    pub(super) fn take(&self, bytes: u64) -> Taken {
        let mut state = self.lock();
        let mine = state.asking;
        state.asking += 1;
        let waits = |state: &mut State| state.taking != mine || state.free < bytes;
        let mut state = self
            .0
            .changed
            .wait_while(state, waits)
            .unwrap_or_else(PoisonError::into_inner);
        state.free -= bytes;
        state.taking += 1;
        drop(state);
        self.0.changed.notify_all();
        Taken {
            budget: self.clone(),
            bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.budget.lock().free += self.bytes;
        self.budget.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    #[test]
    fn d7_what_is_taken_at_once_stays_within_the_budget() {
        let budget = Budget::new(10);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for n in 0..40 {
                let (budget, now, most) = (&budget, &now, &most);
                scope.spawn(move || {
                    let bytes = n % 10 + 1;
                    let taken = budget.take(bytes);
                    let sum = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                    most.fetch_max(sum, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(bytes, Ordering::SeqCst);
                    drop(taken);
                });
            }
        });
        assert!(most.into_inner() <= 10);
        assert_eq!(budget.lock().free, 10);
    }

    #[test]
    fn d7_small_ones_do_not_pass_a_large_one_that_waits() {
        let budget = Budget::new(10);
        let first = budget.take(5);
        let order = Mutex::new(vec![]);
        thread::scope(|scope| {
            for bytes in [10, 1] {
                let asked = budget.lock().asking;
                let (budget, order) = (&budget, &order);
                scope.spawn(move || {
                    let _taken = budget.take(bytes);
                    order.lock().unwrap().push(bytes);
                });
                while budget.lock().asking == asked {
                    thread::yield_now();
                }
            }
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), [10, 1]);
    }
}
