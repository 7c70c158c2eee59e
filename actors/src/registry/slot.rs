//! What the registry remembers of one key: commands under way, the live incarnation, panics, quarantine. Pure: time comes in as an argument,
//! how an incarnation is reached is opaque. It must not lock, send or start anything.

/// Doublings of the back-off stop here (50 ms becomes 3.2 s).
const MAX_DOUBLINGS: u32 = 6;

/// When a resident that panicked is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Pause after the first panic, in milliseconds; doubled by each further one in the window. 0: none.
    pub backoff_first_ms: u64,
    /// This many panics within the window put the key in quarantine; at least 1.
    pub panics_max: usize,
    /// How long a panic counts, in milliseconds.
    pub window_ms: u64,
}

impl Default for RestartPolicy {
    /// 50 ms, 3 panics, 60 s.
    fn default() -> Self {
        Self {
            backoff_first_ms: 50,
            panics_max: 3,
            window_ms: 60_000,
        }
    }
}

/// What the registry knows of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing lives there; the next ask starts it.
    Absent,
    /// An incarnation lives there.
    Live {
        /// Its number.
        incarnation: u64,
        /// Commands under way.
        in_flight: usize,
    },
    /// It panicked, and is not started before this monotonic time.
    BackingOff {
        /// End of the pause, in milliseconds of the registry's clock.
        until_ms: u64,
    },
    /// It panicked too often, and is not asked until an operator releases it.
    Quarantined {
        /// Start of the quarantine, in milliseconds of the registry's clock.
        since_ms: u64,
    },
}

/// A live resident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveResident<K> {
    /// Its key.
    pub key: K,
    /// The number of its incarnation.
    pub incarnation: u64,
    /// Commands under way.
    pub in_flight: usize,
}

/// A key in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantined<K> {
    /// Its key.
    pub key: K,
    /// Start of the quarantine, in milliseconds of the registry's clock.
    pub since_ms: u64,
    /// Panics in the window that led to it.
    pub panics: usize,
}

/// A back-off that still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// How long it still runs, in milliseconds.
    pub(super) ms: u64,
    /// The panic it belongs to, counted from 1. Who has slept through it need not look at the clock again.
    pub(super) panic: u64,
}

/// One life of a key, and how it is reached.
pub(super) struct Incarnation<D> {
    pub(super) number: u64,
    pub(super) door: D,
}

/// Everything the registry remembers of one key.
pub(super) struct Slot<D> {
    pub(super) in_flight: usize,
    pub(super) incarnation: Option<Incarnation<D>>,
    pub(super) quarantined_since_ms: Option<u64>,
    // Invariant: rising; all within the window at the time of the last one.
    panics_ms: Vec<u64>,
    panics_seen: u64,
    not_before_ms: u64,
}

impl<D> Default for Slot<D> {
    fn default() -> Self {
        Self {
            in_flight: 0,
            incarnation: None,
            quarantined_since_ms: None,
            panics_ms: Vec::new(),
            panics_seen: 0,
            not_before_ms: 0,
        }
    }
}

impl<D> Slot<D> {
    /// Takes the incarnation out if it is the one with this number.
    pub(super) fn take(&mut self, number: u64) -> Option<Incarnation<D>> {
        self.incarnation.take_if(|live| live.number == number)
    }

    /// Notes a panic; answers whether it put the key in quarantine.
    pub(super) fn panicked(&mut self, now_ms: u64, policy: &RestartPolicy) -> bool {
        self.panics_ms
            .retain(|at| now_ms.saturating_sub(*at) < policy.window_ms);
        self.panics_ms.push(now_ms);
        self.panics_seen += 1;
        let doublings = u32::try_from(self.panics_ms.len() - 1)
            .unwrap_or(u32::MAX)
            .min(MAX_DOUBLINGS);
        self.not_before_ms =
            now_ms.saturating_add(policy.backoff_first_ms.saturating_mul(1 << doublings));
        if self.panics_ms.len() < policy.panics_max.max(1) || self.quarantined_since_ms.is_some() {
            return false;
        }
        self.quarantined_since_ms = Some(now_ms);
        true
    }

    /// Answers the back-off that still runs for someone who has slept through the pause of panic number `waited_out`.
    pub(super) fn pause(&self, now_ms: u64, waited_out: u64) -> Option<Pause> {
        let ms = self.not_before_ms.saturating_sub(now_ms);
        (ms > 0 && waited_out < self.panics_seen).then_some(Pause {
            ms,
            panic: self.panics_seen,
        })
    }

    /// Ends a quarantine and forgets the panics. Answers whether there was one.
    pub(super) fn release(&mut self) -> bool {
        self.panics_ms.clear();
        self.not_before_ms = 0;
        self.quarantined_since_ms.take().is_some()
    }

    pub(super) fn panics(&self) -> usize {
        self.panics_ms.len()
    }

    /// Says whether nothing is lost when the slot is forgotten.
    pub(super) fn is_forgettable(&self, now_ms: u64, policy: &RestartPolicy) -> bool {
        let calm = self
            .panics_ms
            .last()
            .is_none_or(|last| now_ms.saturating_sub(*last) >= policy.window_ms);
        calm && self.in_flight == 0
            && self.incarnation.is_none()
            && self.quarantined_since_ms.is_none()
    }

    pub(super) fn state(&self, now_ms: u64) -> KeyState {
        match (
            self.quarantined_since_ms,
            &self.incarnation,
            self.pause(now_ms, 0),
        ) {
            (Some(since_ms), _, _) => KeyState::Quarantined { since_ms },
            (None, Some(live), _) => KeyState::Live {
                incarnation: live.number,
                in_flight: self.in_flight,
            },
            (None, None, Some(pause)) => KeyState::BackingOff {
                until_ms: now_ms + pause.ms,
            },
            (None, None, None) => KeyState::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RestartPolicy = RestartPolicy {
        backoff_first_ms: 50,
        panics_max: 3,
        window_ms: 60_000,
    };

    #[test]
    fn the_back_off_doubles_and_the_third_panic_in_the_window_is_quarantine() {
        let mut slot = Slot::<()>::default();
        assert!(!slot.panicked(1_000, &POLICY));
        assert_eq!(slot.pause(1_000, 0), Some(Pause { ms: 50, panic: 1 }));
        assert_eq!(slot.pause(1_050, 0), None);
        assert!(!slot.panicked(2_000, &POLICY));
        assert_eq!(slot.pause(2_040, 0), Some(Pause { ms: 60, panic: 2 }));
        assert!(slot.panicked(60_999, &POLICY));
        assert_eq!(
            slot.state(61_000),
            KeyState::Quarantined { since_ms: 60_999 }
        );
    }

    #[test]
    fn a_panic_counts_for_the_window_and_no_longer() {
        let mut slot = Slot::<()>::default();
        for at_ms in [0, 30_000, 60_000, 90_000, 120_000] {
            assert!(!slot.panicked(at_ms, &POLICY), "quarantine at {at_ms}");
        }
        assert_eq!(slot.panics(), 2);
    }

    #[test]
    fn a_pause_slept_through_holds_for_that_panic_only() {
        let mut slot = Slot::<()>::default();
        slot.panicked(1_000, &POLICY);
        assert_eq!(slot.pause(1_000, 1), None);
        slot.panicked(1_000, &POLICY);
        assert_eq!(slot.pause(1_000, 1), Some(Pause { ms: 100, panic: 2 }));
    }

    #[test]
    fn a_release_forgets_the_panics() {
        let mut slot = Slot::<()>::default();
        for _ in 0..3 {
            slot.panicked(1_000, &POLICY);
        }
        assert!(slot.release());
        assert!(!slot.release());
        assert_eq!(slot.state(1_000), KeyState::Absent);
        assert!(!slot.panicked(1_001, &POLICY));
    }

    #[test]
    fn only_the_named_incarnation_is_taken_out() {
        let mut slot = Slot {
            incarnation: Some(Incarnation {
                number: 7,
                door: (),
            }),
            ..Slot::default()
        };
        assert!(slot.take(6).is_none());
        assert!(slot.take(7).is_some());
    }

    #[test]
    fn a_slot_with_a_recent_panic_is_kept_and_later_forgotten() {
        let mut slot = Slot::<()>::default();
        assert!(slot.is_forgettable(0, &POLICY));
        slot.panicked(1_000, &POLICY);
        assert!(!slot.is_forgettable(60_999, &POLICY));
        assert!(slot.is_forgettable(61_000, &POLICY));
    }
}
