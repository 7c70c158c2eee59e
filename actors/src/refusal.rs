//! The error of every command and query of the runtime.

use campusg_domain::{id::OrderId, rejection::Rejection};
use campusg_storage::snapshot::SnapshotFault;

/// A rule rejected the command, or the runtime could not carry it out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A rule rejected the command. Nothing was written, except what must be remembered, such as a wrong PIN.
    #[error("{rejection}")]
    Rejected {
        /// The rule that refused the command, with its details.
        rejection: Rejection,
        /// The order that was asked; `None` if the command was not for an order.
        order: Option<OrderId>,
    },
    /// E-mail address or password is wrong; which one is not revealed.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// Too many commands are under way. Nothing was begun.
    #[error("too busy, try again shortly")]
    Busy {
        /// The time after which to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// What was asked for can't be read now: what is stored of it is being checked, or made anew from the journal.
    #[error(
        "this can't be read now: what is stored of it is being checked or restored from the journal; nothing is lost, try again shortly"
    )]
    BeingRestored,
    /// The payment gateway can't be reached to look up a token. Nothing was done.
    #[error("the payment gateway is not reached; nothing was done, try again shortly")]
    GatewayAway,
    /// The disk is full: nothing can be written; reads still work.
    #[error("storage is full")]
    StorageFull,
    /// The order's actor panicked repeatedly: the order is quarantined until an operator releases it.
    #[error("this order needs attention by an operator")]
    NeedsAttention,
    /// No answer came in time, so the outcome is unknown. A repeat under the same key learns it.
    #[error("no answer in time: repeat with the same idempotency key to learn the outcome")]
    Unknown,
    /// The process is stopping and takes no more commands.
    #[error("the server is stopping")]
    Stopping,
    /// An internal fault; it is logged under the request's id.
    #[error("something broke")]
    Fault,
}

/// Logs the fault of a read, unless it passes without a hand.
impl From<SnapshotFault> for Refusal {
    fn from(fault: SnapshotFault) -> Self {
        if fault.is_passing() {
            return Self::BeingRestored;
        }
        tracing::error!(%fault, "a read failed");
        Self::Fault
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::rule(rejection)
    }
}

impl Refusal {
    /// A rejection that is not about an order.
    #[must_use]
    pub const fn rule(rejection: Rejection) -> Self {
        Self::Rejected {
            rejection,
            order: None,
        }
    }

    /// A rejection by this order.
    #[must_use]
    pub const fn of_order(order: OrderId, rejection: Rejection) -> Self {
        Self::Rejected {
            rejection,
            order: Some(order),
        }
    }

    /// The thing does not exist, or the caller must not know of it.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::rule(Rejection::NotFound { what: what.into() })
    }

    /// The stable error code, in lower snake case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::WrongCredentials => "wrong_credentials",
            Self::Busy { .. } => "busy",
            // The same code as `Busy`, as the caller should do the same: try again shortly.
            Self::GatewayAway => "busy",
            Self::BeingRestored => "being_restored",
            Self::StorageFull => "storage_full",
            Self::NeedsAttention => "needs_attention",
            Self::Unknown => "outcome_unknown",
            Self::Stopping => "stopping",
            Self::Fault => "internal",
        }
    }
}
