//! The clock as a port. The only place that reads the system's clock.
//!
//! A running server has one clock, a `SteadyClock` around the one that it was started with.

pub(crate) mod steady;

use campusg_domain::time::At;
use futures_util::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Longest sleep in one piece, so that a change of the system's clock is noticed.
const CHUNK: Duration = Duration::from_secs(60);

/// Returns the time and waits for a time to come.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970. May jump if the system's clock is set.
    fn now(&self) -> At;

    /// The real time, even if this clock was advanced or stands still. Times set by others, such as in signatures,
    /// are compared with it.
    fn outside(&self) -> At {
        self.now()
    }

    /// Milliseconds since an arbitrary point; never goes back, is never set, and counts the time that the machine sleeps.
    fn monotonic_ms(&self) -> u64;

    /// `now` and `monotonic_ms` at one moment.
    fn reading(&self) -> (At, u64) {
        (self.now(), self.monotonic_ms())
    }

    /// Whether the clock can be advanced. Such a clock is set on to where the journal ends.
    fn is_virtual(&self) -> bool;

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
    ahead_ms: AtomicU64,
    moved: watch::Sender<u64>,
    is_virtual: bool,
}

impl SystemClock {
    /// `is_virtual` says whether the clock can be advanced.
    #[must_use]
    pub fn new(is_virtual: bool) -> Self {
        let moved = watch::Sender::new(0);
        Self(Arc::new(Inner {
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
        since_boot_ms()
    }

    fn is_virtual(&self) -> bool {
        self.0.is_virtual
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

/// Milliseconds since the machine booted, with the time that it slept.
#[cfg(target_os = "linux")]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the port that the ban points to"
)]
fn since_boot_ms() -> u64 {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (s, ns) = (since.tv_sec.unsigned_abs(), since.tv_nsec.unsigned_abs());
    s * 1_000 + ns / 1_000_000
}

/// Milliseconds since the first call. Where a machine's sleep does not count, waking from it is a jump of the clock.
#[cfg(not(target_os = "linux"))]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the port that the ban points to"
)]
fn since_boot_ms() -> u64 {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let since = FIRST.get_or_init(std::time::Instant::now).elapsed();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
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

    fn is_virtual(&self) -> bool {
        true
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
    fn a_virtual_clock_that_is_moved_on_still_knows_the_time_outside() {
        let clock = SystemClock::new(true);
        let before = clock.outside();
        clock.advance(campusg_domain::time::DAY_MS);
        let ahead_ms = clock.now().since(clock.outside());
        assert!(ahead_ms <= campusg_domain::time::DAY_MS && clock.outside() >= before);
        assert!(clock.now() >= before.plus(campusg_domain::time::DAY_MS));
    }
}
