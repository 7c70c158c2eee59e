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
    /// Transitions 29, 31: somebody claims something.
    Disputed {
        /// Number of the dispute.
        n: Number,
        /// Who.
        by: Party,
        /// How much.
        claim: Cents,
        /// In the claimant's words.
        reason: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// Transition 31: money in the runner's wallet waits for the judgement.
    Frozen {
        /// Number of the promise.
        promise: u16,
        /// How much.
        cents: Cents,
    },
    /// A party says more about the open dispute.
    DisputeReplied {
        /// Number of the dispute.
        n: Number,
        /// Who.
        by: Side,
        /// What.
        text: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// Transitions 30, 34; what moves is in the events beside it.
    DisputeResolved {
        /// Number of the dispute.
        n: Number,
        /// r: what the claimant gets.
        refund: Cents,
        /// Who is at fault; `None` where nobody decided in time.
        at_fault: Option<Fault>,
    },
    /// Transition 34: a customer's claim is paid, the runner being at fault.
    ClaimPaid {
        /// Out of what was frozen.
        frozen: Cents,
        /// What the runner owes for it.
        owed: Cents,
        /// What the platform adds above the runner's share.
        goodwill: Cents,
    },
    /// Transitions 30, 32b, 34, 40: the platform bears a refund.
    GoodwillPaid {
        /// How much.
        cents: Cents,
    },
    /// Transition 34: the platform bears a runner's claim.
    RunnerMadeGood {
        /// How much.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// What comes back to the customer and was never charged pays what the customer owes.
    CustomerSetOff {
        /// How much.
        cents: Cents,
    },
}
