//! Why a command or a question got no answer of the kind that was asked for.

use campusg_domain::{id::OrderId, rejection::Rejection};

/// A rule said no, or the runtime could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A rule said no; nothing was written, but for a remembered refusal such as a wrong PIN.
    #[error("{rejection}")]
    Rejected {
        /// The rule.
        rejection: Rejection,
        /// The order it is about, if it is about one.
        order: Option<OrderId>,
    },
    /// E-mail or password is wrong; which one is not said.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// Too much is running. Nothing was begun.
    #[error("too busy, try again shortly")]
    Busy {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The payment gateway is not reached, and was asked for nothing but what a token is. Nothing was done.
    #[error("the payment gateway is not reached; nothing was done, try again shortly")]
    GatewayAway,
    /// The disk is full: nothing can be written, reads go on.
    #[error("storage is full")]
    StorageFull,
    /// This order failed again and again and waits for an operator.
    #[error("this order needs attention by an operator")]
    NeedsAttention,
    /// No answer in time: whether it happened is unknown. The same key asks again.
    #[error("no answer in time: repeat with the same idempotency key to learn the outcome")]
    Unknown,
    /// The process is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// Something broke; it is logged under the request's id.
    #[error("something broke")]
    Fault,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::rule(rejection)
    }
}

impl Refusal {
    /// A rule's no that concerns no order.
    #[must_use]
    pub const fn rule(rejection: Rejection) -> Self {
        Self::Rejected {
            rejection,
            order: None,
        }
    }

    /// A rule's no that concerns this order.
    #[must_use]
    pub const fn of_order(order: OrderId, rejection: Rejection) -> Self {
        Self::Rejected {
            rejection,
            order: Some(order),
        }
    }

    /// No such thing, or not the caller's to know of.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::rule(Rejection::NotFound { what: what.into() })
    }

    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::WrongCredentials => "wrong_credentials",
            Self::Busy { .. } => "busy",
            // One code for whatever is tried again shortly.
            Self::GatewayAway => "busy",
            Self::StorageFull => "storage_full",
            Self::NeedsAttention => "needs_attention",
            Self::Unknown => "outcome_unknown",
            Self::Stopping => "stopping",
            Self::Fault => "internal",
        }
    }
}
