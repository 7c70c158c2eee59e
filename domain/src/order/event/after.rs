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
    /// The customer gave a tip after the end; the card is being charged (transition 32a).
    TipGiven {
        /// The charging call that this opens.
        call: CallNumber,
        /// The tip in cents.
        cents: Cents,
        /// Token of the card on file at that moment.
        card: CardToken,
    },
    /// Transition 32a: the tip was charged.
    TipPaid {
        /// Number of the charging call.
        call: CallNumber,
        /// What the runner gets: the tip, or less if less was charged.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// Transition 32a: the card did not pay the tip.
    TipFailed {
        /// Number of the charging call.
        call: CallNumber,
        /// The reason that the gateway gave.
        reason: Decline,
    },
    /// One side rated the other (transition 32c).
    Rated {
        /// The side that rates.
        by: Side,
        /// Stars, from 1 to 5.
        stars: u8,
    },
    /// Both sides may see the ratings from here on.
    RatingsPublished,
}
