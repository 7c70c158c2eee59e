//! What operators do to the process itself.

use super::{Refusal, Runtime};
use campusg_domain::{
    id::OrderId,
    rejection::Rejection,
    stream::Meta,
    time::{At, DAY_MS},
};

/// Most that a virtual clock is moved on at once.
const ADVANCE_LIMIT_MS: u64 = 366 * DAY_MS;

impl Runtime {
    /// Lets an order that failed again and again be tried once more. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`; `NotFound` where it is not in quarantine.
    pub fn release_quarantine(&self, meta: &Meta, order: OrderId) -> Result<(), Refusal> {
        meta.operator()?;
        if self.orders().registry().release(order) {
            Ok(())
        } else {
            Err(Refusal::not_found("quarantined order"))
        }
    }

    /// Moves a virtual clock on and returns what it shows then. Operators only, and only where the runtime was started
    /// with one.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, `NotFound`.
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
