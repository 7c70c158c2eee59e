//! What the registry remembers of one key: commands under way, the live incarnation, panics, quarantine.
//!
//! Pure: the time comes in as an argument, and the way to an incarnation is opaque. Must not: lock, send or start
//! anything.

/// How often the back-off can double (50 ms becomes 3.2 s).
const MAX_DOUBLINGS: u32 = 6;

/// How a resident that panicked is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Pause after the first panic, in milliseconds; doubled by each further panic in the window. 0 means no pause.
    pub backoff_first_ms: u64,
    /// This many panics within the window quarantine the key; at least 1.
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

/// The state of a key in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// No incarnation is alive; the next ask starts one.
    Absent,
    /// An incarnation is alive.
    Live {
        /// Unique in the registry, and rising.
        incarnation: u64,
        /// Commands under way, waiting and running.
        in_flight: usize,
    },
    /// The last incarnation panicked; the next one is not started before the end of the pause.
    BackingOff {
        /// End of the pause, in milliseconds of the registry's clock.
        until_ms: u64,
    },
    /// It panicked too often, and gets no messages until an operator releases it.
    Quarantined {
        /// Start of the quarantine, in milliseconds of the registry's clock.
        since_ms: u64,
    },
}

/// A resident that is alive, with its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveResident<K> {
    /// The key that it lives under.
    pub key: K,
    /// Unique in the registry, and rising.
    pub incarnation: u64,
    /// Commands under way, waiting and running.
    pub in_flight: usize,
}

/// A key that gets no messages until an operator releases it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantined<K> {
    /// The key whose residents panicked.
    pub key: K,
    /// Start of the quarantine, in milliseconds of the registry's clock.
    pub since_ms: u64,
    /// How many panics in the window led to it.
    pub panics: usize,
}

/// The rest of a back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// The remaining time in milliseconds.
    pub(super) ms: u64,
    /// The number of the panic that caused it, counted from 1. A caller who has waited for it need not check the
    /// clock again.
    pub(super) panic: u64,
}

/// An incarnation, and the way to reach it.
pub(super) struct Incarnation<D> {
    pub(super) number: u64,
    pub(super) handle: D,
}

/// Everything that the registry remembers of one key.
pub(super) struct Slot<D> {
    pub(super) in_flight: usize,
    pub(super) incarnation: Option<Incarnation<D>>,
    pub(super) quarantined_since_ms: Option<u64>,
    // Invariant: rising; all within the window as of the last one.
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
    /// Removes and returns the incarnation if it has this number.
    pub(super) fn take(&mut self, number: u64) -> Option<Incarnation<D>> {
        self.incarnation.take_if(|live| live.number == number)
    }

    /// Records a panic; returns whether it caused a quarantine.
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

    /// Returns the remaining back-off; `None` if it is over, or if it is that of panic `waited_out`, for which the
    /// caller has waited.
    pub(super) fn pause(&self, now_ms: u64, waited_out: u64) -> Option<Pause> {
        let ms = self.not_before_ms.saturating_sub(now_ms);
        (ms > 0 && waited_out < self.panics_seen).then_some(Pause {
            ms,
            panic: self.panics_seen,
        })
    }

    /// Ends a quarantine and forgets the panics. Returns whether there was one.
    pub(super) fn release(&mut self) -> bool {
        self.panics_ms.clear();
        self.not_before_ms = 0;
        self.quarantined_since_ms.take().is_some()
    }

    pub(super) fn panics(&self) -> usize {
        self.panics_ms.len()
    }

    /// Whether the slot contains nothing that is still needed.
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
                handle: (),
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
