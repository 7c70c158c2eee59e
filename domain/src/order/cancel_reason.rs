//! The reasons for which an order is cancelled: a closed set with stable codes.

use serde::{Deserialize, Serialize};

/// The reason for which an order was cancelled. The numbers are the transitions of `docs/lifecycle.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The card was declined, was not confirmed in time, gave no answer to the last try, or authorised another amount (2).
    PaymentFailed,
    /// The escrow refused the hold, since a limit would be passed (5).
    EscrowFailed,
    /// There was no room for the order's timers (5).
    SchedulingFailed,
    /// The customer cancelled the order (7, 12, 24, 35).
    Customer,
    /// No runner accepted in time (9), or the order was still `available` or `accepted` at a daily look (39).
    NoRunnerTimeout,
    /// The store was closed, and the customer named no other in time or rejected the proposal (17).
    StoreClosed,
    /// The food was sold out and the customer named no other store, or a substitution was not approved (17).
    SoldOut,
    /// The customer rejected another price, or did not decide in time (17).
    PriceRejected,
    /// The customer could not be reached, and the runner took the food back (26).
    CustomerNoShow,
    /// The runner was given up: by an operator or on the 14th day (27), or at the store at a daily look (39).
    RunnerAbandoned,
    /// The card's authorisation ran out, or was about to, before the food was bought (38).
    AuthorizationExpired,
    /// An operator settled the order (40).
    Operator,
    /// A dispute about the delivery was decided so that the runner gets nothing (30).
    Dispute,
}

impl CancelReason {
    /// Returns whether the order ended because a proposal was rejected or ran out.
    #[must_use]
    pub const fn is_of_a_proposal(self) -> bool {
        matches!(
            self,
            Self::PriceRejected | Self::StoreClosed | Self::SoldOut
        )
    }

    /// Returns the stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PaymentFailed => "payment_failed",
            Self::EscrowFailed => "escrow_failed",
            Self::SchedulingFailed => "scheduling_failed",
            Self::Customer => "customer",
            Self::NoRunnerTimeout => "no_runner_timeout",
            Self::StoreClosed => "store_closed",
            Self::SoldOut => "sold_out",
            Self::PriceRejected => "price_rejected",
            Self::CustomerNoShow => "customer_no_show",
            Self::RunnerAbandoned => "runner_abandoned",
            Self::AuthorizationExpired => "authorization_expired",
            Self::Operator => "operator",
            Self::Dispute => "dispute",
        }
    }
}
