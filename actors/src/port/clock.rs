//! Time as a port. The only place that reads the system's clock.

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

/// Longest sleep in one piece, so that a clock set forward is noticed.
const CHUNK: Duration = Duration::from_secs(60);

/// Tells the time and waits for it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in milliseconds since 1970. May go back when the system's clock is set; streams never do.
    fn now(&self) -> At;

    /// Milliseconds since some fixed point; never goes back.
    fn monotonic_ms(&self) -> u64;

    /// Resolves once `due` has come.
    fn until(&self, due: At) -> BoxFuture<'static, ()>;

    /// Moves the clock on by `ms`, where that is possible, and tells the new time.
    fn advance(&self, ms: u64) -> Option<At>;
}

/// The system's clock; started as a virtual one, it runs as the system's does and can be moved on.
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
    /// The system's clock, or one that can be moved on from it.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
    pub fn new(is_virtual: bool) -> Self {
        let moved = watch::Sender::new(0);
        Self(Arc::new(Inner { started: Instant::now(), ahead_ms: AtomicU64::new(0), moved, is_virtual }))
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
    fn now(&self) -> At {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        At(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).plus(self.0.ahead_ms.load(Ordering::Acquire))
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

/// A clock that stands still until it is moved; for tests.
#[derive(Clone, Debug)]
pub struct ManualClock(watch::Sender<u64>);

impl ManualClock {
    /// Stands at `now`.
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
            // An error means that the clock is gone: nothing will ever be due.
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
