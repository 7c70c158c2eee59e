//! Messages from the payment gateway: accepted if signed, and each taken in once.

use super::{Refusal, Runtime};
use campusg_domain::{id::Principal, rejection::Rejection, stream::Meta};

pub use crate::port::{
    gateway::GatewayEvent,
    signature::{SignatureFault, Signed},
};

impl Runtime {
    /// Checks that a message was signed by the gateway, and recently.
    ///
    /// # Errors
    /// A [`SignatureFault`] if it was not.
    pub fn check_signature(&self, message: Signed<'_>) -> Result<(), SignatureFault> {
        // The gateway's clock is not advanced with this server's virtual one.
        let now = self.clock().outside();
        self.0.outside.keys.check(message, now)
    }

    /// Takes in an event of the gateway. Gateway only. An event that was taken in before changes nothing.
    ///
    /// # Errors
    /// `NotAllowed`; another [`Refusal`] if the event was not taken in, so that the gateway has to send it again.
    pub async fn take_gateway_event(&self, meta: Meta, event: GatewayEvent) -> Result<(), Refusal> {
        if meta.principal != Principal::Gateway {
            let who = "the payment gateway".into();
            return Err(Rejection::NotAllowed { who }.into());
        }
        self.admit()?;
        self.intake().take(&event).await
    }
}
