//! Operators' actions on the process itself.

use super::{Refusal, Runtime};
use campusg_domain::{
    id::OrderId,
    rejection::Rejection,
    stream::Meta,
    time::{At, DAY_MS},
};

/// How far a virtual clock can be advanced at once, in milliseconds.
const ADVANCE_LIMIT_MS: u64 = 366 * DAY_MS;

impl Runtime {
    /// Ends the quarantine of an order, so that its actor is started again. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`; `NotFound` if the order is not quarantined.
    pub fn release_quarantine(&self, meta: &Meta, order: OrderId) -> Result<(), Refusal> {
        meta.operator()?;
        if self.orders().registry().release(order) {
            Ok(())
        } else {
            Err(Refusal::not_found("quarantined order"))
        }
    }

    /// Advances a virtual clock by `ms` and returns its new time. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` above 366 days; `NotFound` if the runtime was started with a real clock.
    pub fn advance_clock(&self, meta: &Meta, ms: u64) -> Result<At, Refusal> {
        meta.operator()?;
        if ms > ADVANCE_LIMIT_MS {
            let rule = format!("must be at most {ADVANCE_LIMIT_MS}");
            return Err(Rejection::field("advance_ms", rule).into());
        }
        self.clock().advance(ms).ok_or_else(|| {
            Refusal::not_found("virtual clock: start the server with --virtual-clock")
        })
    }
}
