//! Cards and bank accounts that people enter on the payment gateway's own page.

use super::{Refusal, Runtime};
use crate::port::gateway::Unreachable;
use campusg_domain::stream::Meta;

pub use crate::port::gateway::MethodKind;

impl Runtime {
    /// Starts the entry of a card or of a bank account of the caller on the gateway's page, which leads on to
    /// `return_url`, 1–500 visible ASCII characters. Returns the page's address. What is entered is on file once the
    /// gateway has told its token.
    ///
    /// # Errors
    /// `NotAllowed`, `GatewayAway`.
    pub async fn begin_setup(
        &self,
        meta: Meta,
        kind: MethodKind,
        return_url: String,
    ) -> Result<String, Refusal> {
        let user = meta.user()?;
        self.admit()?;
        let begun = self.gateway().begin_setup(user, kind, return_url).await;
        begun.map_err(|Unreachable| Refusal::GatewayAway)
    }
}
