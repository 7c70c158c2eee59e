//! Events of timers.

use crate::timer::TimerKind;
use serde::{Deserialize, Serialize};

/// What a timer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimerEvent {
    /// A timer of this order fired.
    TimerFired {
        /// The timer that fired.
        kind: TimerKind,
        /// Counts how often a timer of this kind was armed in this order.
        generation: u32,
    },
    /// A reminder was given, or an alarm raised, by a timer of two steps.
    Reminded {
        /// The timer that reminds.
        kind: TimerKind,
        /// 1 for the first reminder, 2 for the second.
        step: u8,
    },
    /// Transition 28: a timer that would cancel or release fired during an operator's hold; it takes effect at its end.
    TimerNoted {
        /// The timer that fired.
        kind: TimerKind,
    },
    /// A person accepted that the clock was set back: what lay ahead of it is as much earlier, timers too. Times that the
    /// gateway set stay.
    ClockSetBack {
        /// How far the clock was set back, in milliseconds.
        ms: u64,
    },
}
