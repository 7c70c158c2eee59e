//! The clock as a port. The only place that reads the system's clock.

use campusg_domain::time::At;
use futures_util::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Longest sleep in one piece, so that a change of the system's clock is noticed.
const CHUNK: Duration = Duration::from_secs(60);

/// Returns the time and waits for a time to come.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970. May go back if the system's clock is set back; the times in a stream never do.
    fn now(&self) -> At;

    /// The real time, even if this clock was advanced or stands still. Times set by others, such as in signatures,
    /// are compared with it.
    fn outside(&self) -> At {
        self.now()
    }

    /// Milliseconds since an arbitrary point; never goes back.
    fn monotonic_ms(&self) -> u64;

    /// Resolves once `due` has come.
    fn until(&self, due: At) -> BoxFuture<'static, ()>;

    /// Advances the clock by `ms` and returns the new time; `None` if it can't be advanced.
    fn advance(&self, ms: u64) -> Option<At>;
}

/// The system's clock. A virtual one runs at the same speed and can also be advanced.
#[derive(Clone, Debug)]
pub struct SystemClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    ahead_ms: AtomicU64,
    moved: watch::Sender<u64>,
    is_virtual: bool,
}

impl SystemClock {
    /// `is_virtual` says whether the clock can be advanced.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the port that the ban points to"
    )]
    pub fn new(is_virtual: bool) -> Self {
        let moved = watch::Sender::new(0);
        Self(Arc::new(Inner {
            started: Instant::now(),
            ahead_ms: AtomicU64::new(0),
            moved,
            is_virtual,
        }))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> At {
        let ahead_ms = self.0.ahead_ms.load(Ordering::Acquire);
        self.outside().plus(ahead_ms)
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the port that the ban points to"
    )]
    fn outside(&self) -> At {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        At(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            let mut moved = clock.0.moved.subscribe();
            loop {
                let wait = Duration::from_millis(due.since(clock.now()));
                if wait.is_zero() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(wait.min(CHUNK)) => {}
                    _ = moved.changed() => {}
                }
            }
        })
    }

    fn advance(&self, ms: u64) -> Option<At> {
        if !self.0.is_virtual {
            return None;
        }
        let ahead = self.0.ahead_ms.fetch_add(ms, Ordering::AcqRel) + ms;
        self.0.moved.send_replace(ahead);
        Some(self.now())
    }
}

/// Wraps a clock that may be set back: stands still until that clock has caught up.
#[derive(Debug)]
pub(crate) struct NeverBack {
    clock: Arc<dyn Clock>,
    latest: AtomicU64,
}

impl NeverBack {
    /// Returns the time of `clock`, but never less than `latest`.
    pub(crate) fn new(clock: Arc<dyn Clock>, latest: At) -> Self {
        Self {
            clock,
            latest: AtomicU64::new(latest.0),
        }
    }
}

impl Clock for NeverBack {
    fn now(&self) -> At {
        let now = self.clock.now().0;
        At(self.latest.fetch_max(now, Ordering::AcqRel).max(now))
    }

    fn outside(&self) -> At {
        self.clock.outside()
    }

    fn monotonic_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        self.clock.until(due)
    }

    fn advance(&self, ms: u64) -> Option<At> {
        self.clock.advance(ms)
    }
}

/// A clock that changes only when it is advanced; for tests.
#[derive(Clone, Debug)]
pub struct ManualClock(watch::Sender<u64>);

impl ManualClock {
    /// Starts at `now`.
    #[must_use]
    pub fn new(now: At) -> Self {
        Self(watch::Sender::new(now.0))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> At {
        At(*self.0.borrow())
    }

    fn monotonic_ms(&self) -> u64 {
        *self.0.borrow()
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // An error means that the clock was dropped, so nothing will ever be due.
            if now.wait_for(|now| *now >= due.0).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    fn advance(&self, ms: u64) -> Option<At> {
        self.0.send_modify(|now| *now = now.saturating_add(ms));
        Some(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_never_goes_back_stands_still_until_the_other_has_caught_up() {
        let other = ManualClock::new(At(50));
        let clock = NeverBack::new(Arc::new(other.clone()), At(70));
        assert_eq!(clock.now(), At(70));
        assert_eq!(clock.advance(19), Some(At(69)));
        assert_eq!(clock.now(), At(70));
        assert_eq!(clock.outside(), At(69), "the other's");
        assert_eq!(clock.advance(2), Some(At(71)));
        assert_eq!(clock.now(), At(71));
    }

    #[test]
    fn a_virtual_clock_that_is_moved_on_still_knows_the_time_outside() {
        let clock = SystemClock::new(true);
        let before = clock.outside();
        clock.advance(campusg_domain::time::DAY_MS);
        let ahead_ms = clock.now().since(clock.outside());
        assert!(ahead_ms <= campusg_domain::time::DAY_MS && clock.outside() >= before);
        assert!(clock.now() >= before.plus(campusg_domain::time::DAY_MS));
    }
}
