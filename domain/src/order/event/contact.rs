//! Events between the parties, and of a customer who can't be reached.

use crate::{id::PhotoId, people::Side, text::Sealed};
use serde::{Deserialize, Serialize};

/// What the parties tell each other, and a customer who can't be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactEvent {
    /// One party wrote to the other.
    MessageSent {
        /// The party who wrote.
        by: Side,
        /// The message, sealed under its author's key.
        text: Sealed,
        /// Whether it counts as an attempt to reach the customer (transition 25).
        attempt: bool,
    },
    /// Transitions 25, 26: the runner reports something.
    ProblemReported {
        /// The problem.
        kind: Problem,
        /// A photo that shows it.
        photo: Option<PhotoId>,
        /// The runner's words to the operators, sealed under the runner's key.
        note: Option<Sealed>,
    },
    /// The customer said that they are there (transition 25).
    NoShowAnswered,
    /// Transition 26: the wait is over, and the runner may leave the food or take it back.
    NoShowOver,
}

/// What a runner on the way reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The customer does not answer.
    CustomerUnreachable,
    /// The food was taken back after the wait.
    Returned,
    /// Anything else: operators look at it.
    Other,
}
