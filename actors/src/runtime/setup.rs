//! Entry of cards and bank accounts on the payment gateway's own page.

use super::{Refusal, Runtime};
use crate::port::gateway::Unreachable;
use campusg_domain::stream::Meta;

pub use crate::port::gateway::MethodKind;

impl Runtime {
    /// Begins the entry of the caller's card or bank account on the gateway's page, and returns the page's address.
    /// From there the gateway leads to `return_url`, 1 to 500 visible ASCII characters. The card or account is stored
    /// when the gateway has sent its token.
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
