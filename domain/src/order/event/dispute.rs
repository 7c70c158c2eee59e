//! Events of claims about an order, and of how they are decided.

use crate::{
    id::PhotoId,
    money::Cents,
    order::attachments::{Fault, Number, Party},
    people::Side,
    text::Sealed,
};
use serde::{Deserialize, Serialize};

/// A claim about the order, and how it is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeEvent {
    /// A party, or an operator for the customer, makes a claim (transitions 29 and 31).
    Disputed {
        /// Number of the dispute within the order: 1, 2, 3 …
        n: Number,
        /// The claimant.
        by: Party,
        /// The claimed amount in cents; above zero.
        claim: Cents,
        /// The claimant's words, sealed under their key.
        reason: Sealed,
        /// Photos that support the claim; at most ten.
        photos: Vec<PhotoId>,
    },
    /// Transition 31: money in the runner's wallet waits for the judgement.
    Frozen {
        /// Number of the promise that holds the money.
        promise: u16,
        /// The frozen amount; what was free in the wallet, at most the claim.
        cents: Cents,
    },
    /// A party says more about the open dispute.
    DisputeReplied {
        /// Number of the dispute.
        n: Number,
        /// The party who replies.
        by: Side,
        /// The reply, sealed under its author's key.
        text: Sealed,
        /// Photos that support the reply; at most ten.
        photos: Vec<PhotoId>,
    },
    /// The dispute was decided; what the money does stands in the events beside it (transitions 30 and 34).
    DisputeResolved {
        /// Number of the dispute.
        n: Number,
        /// What the claimant gets, in cents; may be zero.
        refund: Cents,
        /// Who is at fault; `None` where nobody decided in time.
        at_fault: Option<Fault>,
    },
    /// Transition 34: a customer's claim is paid, the runner being at fault.
    ClaimPaid {
        /// What is paid out of the frozen money.
        frozen: Cents,
        /// What the runner owes the platform for the rest of their share.
        owed: Cents,
        /// What the platform adds above the runner's share.
        goodwill: Cents,
    },
    /// Transitions 30, 32b, 34, 40: the platform bears a refund.
    GoodwillPaid {
        /// The amount that the customer gets.
        cents: Cents,
    },
    /// Transition 34: the platform bears a runner's claim.
    RunnerMadeGood {
        /// The amount that the runner gets.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// What comes back to the customer and was never charged pays what the customer owes.
    CustomerSetOff {
        /// The amount that pays the customer's debt.
        cents: Cents,
    },
}
