//! What the payment gateway sends: believed where it is signed, and taken in once.

use super::{Refusal, Runtime};
use campusg_domain::{id::Principal, rejection::Rejection, stream::Meta};

pub use crate::port::{
    gateway::GatewayEvent,
    signature::{SignatureFault, Signed},
};

impl Runtime {
    /// Checks that a message is the gateway's own, and of now.
    ///
    /// # Errors
    /// What is wrong with its signature.
    pub fn check_signature(&self, message: Signed<'_>) -> Result<(), SignatureFault> {
        // The gateway's clock is not moved with this server's virtual one.
        let now = self.clock().outside();
        self.0.outside.keys.check(message, now)
    }

    /// Takes an event of the gateway in; the gateway only. One that was taken in before does nothing.
    ///
    /// # Errors
    /// `NotAllowed`; a [`Refusal`] where it was not taken in, and is to be told again.
    pub async fn take_gateway_event(&self, meta: Meta, event: GatewayEvent) -> Result<(), Refusal> {
        if meta.principal != Principal::Gateway {
            let who = "the payment gateway".into();
            return Err(Rejection::NotAllowed { who }.into());
        }
        self.admit()?;
        self.intake().take(&event).await
    }
}
