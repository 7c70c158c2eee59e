//! The error of an ask, and which errors leave the outcome unknown. Must not: know HTTP.

/// The limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Congestion {
    /// [`super::Limits::in_flight_per_key`].
    Key,
    /// [`super::Limits::in_flight`].
    Registry,
}

/// The reason why an ask returned no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskFault {
    /// A limit was reached; nothing was sent.
    #[error("too many commands are under way")]
    Busy(Congestion),
    /// The key is quarantined until an operator releases it.
    #[error("the resident is in quarantine and needs attention")]
    NeedsAttention {
        /// Start of the quarantine, in milliseconds of the registry's clock.
        since_ms: u64,
    },
    /// The registry is draining, or the arbiter of the key has ended.
    #[error("the registry is stopping")]
    Stopping,
    /// Every incarnation that was tried ended before it answered. **The outcome is unknown**: ask again with the same
    /// command id.
    #[error("the resident ended before it answered; the outcome is unknown")]
    Closed,
    /// No answer came within [`super::Limits::answer_within_ms`]. **The outcome is unknown**: ask again with the same command id.
    #[error("the resident did not answer in time; the outcome is unknown")]
    Unanswered,
}

impl AskFault {
    /// Returns whether the command may have been executed nevertheless.
    #[must_use]
    pub fn outcome_unknown(self) -> bool {
        matches!(self, Self::Closed | Self::Unanswered)
    }
}
