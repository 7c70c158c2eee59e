//! Why an order was cancelled. A closed set with stable codes.

use serde::{Deserialize, Serialize};

/// Why an order was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The card was refused, or gave no answer to the end.
    PaymentFailed,
    /// The escrow refused the hold.
    EscrowFailed,
    /// The timers could not be armed.
    SchedulingFailed,
    /// The customer cancelled.
    Customer,
    /// Nobody took it in time.
    NoRunnerTimeout,
    /// The store was closed.
    StoreClosed,
    /// The food was sold out.
    SoldOut,
    /// The customer did not accept the price.
    PriceRejected,
    /// The customer was not there.
    CustomerNoShow,
    /// The runner abandoned it.
    RunnerAbandoned,
    /// The authorisation was about to run out.
    AuthorizationExpired,
    /// An operator ended it.
    Operator,
    /// A dispute gave everything back.
    Dispute,
}

impl CancelReason {
    /// Whether a proposal that the customer did not agree to ended the order.
    #[must_use]
    pub const fn is_of_a_proposal(self) -> bool {
        matches!(
            self,
            Self::PriceRejected | Self::StoreClosed | Self::SoldOut
        )
    }

    /// Stable lower-snake-case code.
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
