//! Stores a card. In the same record the card may promise to pay its owner's debt; the answer is read from that
//! record.
//!
//! Must not: command the wallet. The payment owner carries out the promise once the record is folded, also after a
//! crash.

use crate::{
    port::gateway,
    runtime::{Refusal, Runtime},
};
use campusg_domain::{
    call::CardToken,
    money::Cents,
    owner::directory::{Card, UserCommand, UserEvent},
    record::{Entry, Events},
    stream::Meta,
};

/// A stored card as it was recorded; the same when the command is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCard {
    /// As it is stored, including the gateway's token, which no view shows.
    pub card: Card,
    /// The part of its owner's debt that it will be charged; 0 if there was no debt.
    pub pays: Cents,
}

impl Runtime {
    /// Stores the caller's card. By transition 41 it is charged for the caller's debt.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` if the gateway does not know the token; `GatewayAway`.
    pub async fn set_card(&self, meta: Meta, token: CardToken) -> Result<NewCard, Refusal> {
        let user = meta.user()?;
        let done = match self.done_before(&meta).await? {
            Some(done) => done,
            None => {
                let card = gateway::card(self.gateway(), token).await?;
                let balance = self.wallet_balance(user).await?;
                let pays = balance.new_card_pays(self.0.services.policy.gateway_minimum_cents);
                let set = UserCommand::SetCard {
                    card,
                    pays,
                    setup: None,
                };
                let seq = self.submit(meta, user, set).await?;
                self.record_of(seq).await?
            }
        };
        new_card(&done).ok_or(Refusal::Unknown)
    }

    /// Removes the caller's card, and ends its entry on the gateway's page.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn remove_card(&self, meta: Meta) -> Result<(), Refusal> {
        let user = meta.user()?;
        self.submit(meta, user, UserCommand::RemoveCard)
            .await
            .map(drop)
    }
}

fn new_card(done: &Entry) -> Option<NewCard> {
    let Events::User(events) = &done.record.events else {
        return None;
    };
    let card = events.iter().find_map(|event| {
        if let UserEvent::CardSet(card) = event {
            Some(card.clone())
        } else {
            None
        }
    })?;
    let pays = events.iter().find_map(|event| {
        if let UserEvent::DebtPromised { cents } = event {
            Some(*cents)
        } else {
            None
        }
    });
    Some(NewCard {
        card,
        pays: pays.unwrap_or(Cents::ZERO),
    })
}
