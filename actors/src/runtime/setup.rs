//! Cards and bank accounts that people enter on the payment gateway's own page.

use super::{Caller, Command, Refusal, Runtime};
use crate::port::gateway::Unreachable;

pub use crate::port::gateway::MethodKind;

/// Starts the entry of a card or of a bank account of the caller on the gateway's page; replies with the page's address. It
/// is on file once the gateway has told its token.
#[derive(Clone, Debug)]
pub struct BeginSetup {
    /// What is entered.
    pub kind: MethodKind,
    /// Where the caller goes on from there; 1–500 visible ASCII characters.
    pub return_url: String,
}

impl Command for BeginSetup {
    type Reply = String;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<String, Refusal> {
        let user = caller.user()?;
        runtime.admit()?;
        let begun = runtime
            .gateway()
            .begin_setup(user, self.kind, self.return_url);
        begun.await.map_err(|Unreachable| Refusal::GatewayAway)
    }
}
