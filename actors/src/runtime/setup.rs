//! Entry of cards and bank accounts on the payment gateway's own page.

use super::{Refusal, Runtime};
use crate::port::gateway::Unreachable;
use campusg_domain::{
    gateway::CallKey,
    owner::directory::{UserCommand, UserEvent},
    record::{Entry, Events},
    stream::Meta,
};

pub use crate::port::gateway::MethodKind;

impl Runtime {
    /// Begins the entry of the caller's card or bank account on the gateway's page, and returns the page's address.
    /// From there the gateway leads to `return_url`, 1 to 500 visible ASCII characters. The card or account is stored
    /// when the gateway has sent its token, unless the caller chooses anew before that: puts or removes one, or begins its
    /// entry again. That is recorded, also where no page comes of it.
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
        // A repeat under a key is shown a page of its own, so it begins a setup of its own.
        let meta = Meta {
            id: self.entropy().command(),
            keyed: false,
            ..meta
        };
        let begin = UserCommand::BeginSetup(kind);
        let seq = self.submit(meta, user, begin).await?;
        let n = number(&self.record_of(seq).await?).ok_or(Refusal::Unknown)?;
        let key = CallKey::of_setup(user, kind, n);
        let begun = self.gateway().begin_setup(key, kind, return_url).await;
        begun.map_err(|Unreachable| Refusal::GatewayAway)
    }
}

fn number(begun: &Entry) -> Option<u32> {
    let Events::User(events) = &begun.record.events else {
        return None;
    };
    events.iter().find_map(|event| {
        if let UserEvent::SetupBegun { n, .. } = event {
            Some(*n)
        } else {
            None
        }
    })
}
