//! Events after the end: tips and ratings.

use crate::{
    call::{CallNumber, CardToken, Decline},
    money::Cents,
    people::Side,
};
use serde::{Deserialize, Serialize};

/// Tips and ratings after the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterEvent {
    /// Transition 32a.
    TipGiven {
        /// The charging call that this opens.
        call: CallNumber,
        /// T₂.
        cents: Cents,
        /// The card that is charged.
        card: CardToken,
    },
    /// Transition 32a: the tip was charged.
    TipPaid {
        /// The charging call.
        call: CallNumber,
        /// How much.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// Transition 32a: the card did not pay the tip.
    TipFailed {
        /// The charging call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// Transition 32c.
    Rated {
        /// Who rates.
        by: Side,
        /// 1–5.
        stars: u8,
    },
    /// Both sides see the ratings.
    RatingsPublished,
}
