//! What the payment gateway sends: believed where it is signed, and taken in once.

use super::{Caller, Command, Query, Refusal, Runtime};
use crate::port::signature::{SignatureFault, Signed};
use campusg_domain::{id::Principal, order::Rejection};

pub use crate::port::gateway::GatewayEvent;

/// Is this message the gateway's own, and of now?
#[derive(Clone, Debug)]
pub struct CheckSignature {
    /// The message's id.
    pub id: String,
    /// When it was sent, in seconds, as text.
    pub timestamp: String,
    /// Its signatures.
    pub signatures: String,
    /// Its body as it came.
    pub body: Vec<u8>,
}

/// Takes an event of the gateway in; the gateway only. One that was taken in before does nothing.
#[derive(Clone, Debug)]
pub struct TakeGatewayEvent(pub GatewayEvent);

impl Query for CheckSignature {
    type Answer = Result<(), SignatureFault>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let message = Signed {
            id: &self.id,
            timestamp: &self.timestamp,
            signatures: &self.signatures,
            body: &self.body,
        };
        // The gateway's clock is not moved with this server's virtual one.
        let now = runtime.clock().outside();
        Ok(runtime.0.outside.keys.check(message, now))
    }
}

impl Command for TakeGatewayEvent {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        if caller.principal != Principal::Gateway {
            return Err(Refusal::rule(Rejection::NotAllowed {
                who: "the payment gateway".into(),
            }));
        }
        runtime.admit()?;
        runtime.intake().take(&self.0).await
    }
}
