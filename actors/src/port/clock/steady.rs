//! The one clock of a running server: the system's, as long as that goes on steadily.
//!
//! A jump of more than [`STEP_MS`] against the monotonic clock is not followed: time goes on from where it was, until the
//! system's clock is back or a person accepts the jump. Smaller ones, as time servers make them, are.
//! Invariant: it never goes back. To accept a clock that was set back takes a new start.

use super::{CHUNK, Clock};
use campusg_domain::time::{At, MINUTE_MS};
use futures_util::future::BoxFuture;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How far the system's clock may jump and be followed, in milliseconds.
pub(crate) const STEP_MS: u64 = MINUTE_MS;

/// A jump of the system's clock that nobody has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The time that goes on as if it had not jumped.
    pub now: At,
    /// What the system's clock shows.
    pub shown: At,
}

impl Step {
    /// Whether the clock was set back.
    #[must_use]
    pub fn is_back(&self) -> bool {
        self.shown < self.now
    }

    /// How far it jumped, in milliseconds.
    #[must_use]
    pub const fn ms(&self) -> u64 {
        self.now.0.abs_diff(self.shown.0)
    }
}

/// Clones are the same clock.
#[derive(Clone)]
pub(crate) struct SteadyClock(Arc<Inner>);

struct Inner {
    system: Arc<dyn Clock>,
    state: Mutex<State>,
    set: watch::Sender<()>,
}

struct State {
    /// The time at which the monotonic clock was 0, in milliseconds.
    zero_ms: i64,
    latest: At,
    step: Option<Step>,
}

impl SteadyClock {
    /// A clock that shows `now` and goes on steadily.
    pub(crate) fn new(system: Arc<dyn Clock>, now: At) -> Self {
        let state = State {
            zero_ms: zero(now, system.reading().1),
            latest: now,
            step: None,
        };
        Self(Arc::new(Inner {
            system,
            state: Mutex::new(state),
            set: watch::Sender::new(()),
        }))
    }

    /// The jump that nobody has accepted, if there is one now.
    pub(crate) fn step(&self) -> Option<Step> {
        let mut state = self.state();
        self.read(&mut state);
        state.step
    }

    /// Follows a jump forward and returns it; otherwise returns what there is instead.
    pub(crate) fn accept(&self) -> Result<Step, Option<Step>> {
        let mut state = self.state();
        self.read(&mut state);
        let forward = state.step.filter(|step| !step.is_back());
        let step = forward.ok_or(state.step)?;
        let (shown, monotonic_ms) = self.0.system.reading();
        state.zero_ms = zero(shown, monotonic_ms);
        self.read(&mut state);
        self.0.set.send_replace(());
        Ok(step)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, state: &mut State) -> At {
        let (shown, monotonic_ms) = self.0.system.reading();
        let jumped_ms = zero(shown, monotonic_ms).saturating_sub(state.zero_ms);
        // Who moves a virtual clock on, to try things out, accepts that.
        let moved_on = jumped_ms > 0 && self.0.system.is_virtual();
        let follows = moved_on || jumped_ms.unsigned_abs() <= STEP_MS;
        if follows {
            state.zero_ms = zero(shown, monotonic_ms);
        }
        let now = state.zero_ms.saturating_add(signed(monotonic_ms));
        let now = At(u64::try_from(now).unwrap_or(0)).max(state.latest);
        state.latest = now;
        state.step = (!follows).then_some(Step { now, shown });
        now
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> At {
        self.read(&mut self.state())
    }

    fn outside(&self) -> At {
        self.0.system.outside()
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.system.monotonic_ms()
    }

    fn is_virtual(&self) -> bool {
        self.0.system.is_virtual()
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            let mut set = clock.0.set.subscribe();
            loop {
                let wait_ms = due.since(clock.now());
                if wait_ms == 0 {
                    return;
                }
                let system = &clock.0.system;
                tokio::select! {
                    () = system.until(system.now().plus(wait_ms)) => {}
                    () = tokio::time::sleep(Duration::from_millis(wait_ms).min(CHUNK)) => {}
                    _ = set.changed() => {}
                }
            }
        })
    }

    fn advance(&self, ms: u64) -> Option<At> {
        self.0.system.advance(ms)?;
        Some(self.now())
    }
}

impl fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteadyClock")
            .field("system", &self.0.system)
            .finish_non_exhaustive()
    }
}

/// What a clock that shows `now` showed when the monotonic one was 0, had it gone on steadily.
fn zero(now: At, monotonic_ms: u64) -> i64 {
    signed(now.0).saturating_sub(signed(monotonic_ms))
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::time::{DAY_MS, HOUR_MS, SECOND_MS};
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    const START: At = At(100 * DAY_MS);

    /// A system's clock that can be set apart from the monotonic one.
    #[derive(Debug, Default)]
    struct Settable {
        monotonic_ms: AtomicU64,
        set_ms: AtomicI64,
    }

    impl Settable {
        fn pass(&self, ms: u64) {
            self.monotonic_ms.fetch_add(ms, Ordering::Relaxed);
        }

        fn set(&self, ms: i64) {
            self.set_ms.fetch_add(ms, Ordering::Relaxed);
        }
    }

    impl Clock for Settable {
        fn now(&self) -> At {
            let steady = START.plus(self.monotonic_ms());
            At(steady
                .0
                .saturating_add_signed(self.set_ms.load(Ordering::Relaxed)))
        }

        fn monotonic_ms(&self) -> u64 {
            self.monotonic_ms.load(Ordering::Relaxed)
        }

        fn is_virtual(&self) -> bool {
            false
        }

        fn until(&self, _: At) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }

        fn advance(&self, _: u64) -> Option<At> {
            None
        }
    }

    fn steady() -> (Arc<Settable>, SteadyClock) {
        let system = Arc::<Settable>::default();
        let clock = SteadyClock::new(Arc::clone(&system) as Arc<dyn Clock>, system.now());
        (system, clock)
    }

    #[test]
    fn b1_a_clock_that_is_set_back_is_noticed_and_time_goes_on() {
        let (system, clock) = steady();
        system.set(-signed(HOUR_MS));
        system.pass(SECOND_MS);
        let now = START.plus(SECOND_MS);
        assert_eq!(clock.now(), now);
        let shown = now.minus(HOUR_MS);
        assert_eq!(clock.step(), Some(Step { now, shown }));
        assert!(clock.step().unwrap().is_back());
        system.pass(DAY_MS);
        assert_eq!(clock.now(), now.plus(DAY_MS), "it does not stand still");
        assert_eq!(clock.accept(), Err(clock.step()), "that takes a new start");
    }

    #[test]
    fn b1_a_jump_forward_moves_nothing_until_a_person_accepts_it() {
        let (system, clock) = steady();
        system.set(signed(30 * DAY_MS));
        assert_eq!(clock.now(), START);
        let step = clock.step().unwrap();
        assert_eq!((step.is_back(), step.ms()), (false, 30 * DAY_MS));
        assert_eq!(clock.accept(), Ok(step));
        assert_eq!((clock.now(), clock.step()), (START.plus(30 * DAY_MS), None));
        assert_eq!(clock.accept(), Err(None), "there is nothing left");
    }

    #[test]
    fn b1_a_clock_that_is_set_right_again_needs_nobody() {
        for ms in [-signed(HOUR_MS), signed(HOUR_MS)] {
            let (system, clock) = steady();
            system.set(ms);
            assert!(clock.step().is_some());
            system.set(-ms);
            system.pass(5);
            assert_eq!((clock.step(), clock.now()), (None, START.plus(5)));
        }
    }

    #[test]
    fn b1_what_a_time_server_sets_is_followed_and_never_goes_back() {
        let (system, clock) = steady();
        system.set(-signed(STEP_MS));
        assert_eq!(
            (clock.now(), clock.step()),
            (START, None),
            "it stands still"
        );
        system.pass(STEP_MS + 1);
        assert_eq!(clock.now(), START.plus(1));
        system.set(signed(STEP_MS));
        assert_eq!(clock.now(), START.plus(STEP_MS + 1));
        system.set(-signed(STEP_MS) - 1);
        assert!(clock.step().is_some(), "a millisecond too far");
    }

    #[tokio::test]
    async fn b1_a_wait_does_not_end_by_a_jump() {
        let (system, clock) = steady();
        system.set(signed(HOUR_MS));
        let mut waiting = clock.until(START.plus(HOUR_MS));
        let poll = std::future::poll_fn(|context| {
            std::task::Poll::Ready(waiting.as_mut().poll(context).is_ready())
        });
        assert!(!poll.await, "the jump is nobody's hour");
        clock.accept().unwrap();
        waiting.await;
    }
}
