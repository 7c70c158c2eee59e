//! Events of timers.

use crate::timer::TimerKind;
use serde::{Deserialize, Serialize};

/// What a timer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimerEvent {
    /// A timer of this order fired.
    TimerFired {
        /// Which.
        kind: TimerKind,
        /// Its generation.
        generation: u32,
    },
    /// A reminder was given, or an alarm raised, by a timer of two steps.
    Reminded {
        /// Which.
        kind: TimerKind,
        /// 1 or 2.
        step: u8,
    },
    /// Transition 28: a timer that would cancel or release fired during an operator's hold; it takes effect at its end.
    TimerNoted {
        /// Which.
        kind: TimerKind,
    },
}
