//! Stores cards and bank accounts that people have entered on the gateway's page, once an event carries their token.
//!
//! Invariant: an event stores its method only while its setup is the person's last choice, so it stores it at most once,
//! and replaces nothing that was chosen later.

use super::events::EventIntake;
use crate::{
    message::OpenWalletBalance,
    port::gateway::{Method, account, card},
    refusal::Refusal,
};
use campusg_domain::{
    id::{Principal, UserId},
    money::Cents,
    owner::directory::UserCommand,
    stream::Envelope,
};

impl EventIntake {
    /// Stores the card or bank account that `user` has entered in their setup `n`.
    pub(super) async fn put_on_file(
        &self,
        user: UserId,
        n: u32,
        method: &Method,
    ) -> Result<(), Refusal> {
        let command = match method {
            Method::Card(token) => UserCommand::SetCard {
                card: card(&*self.gateway, token.clone()).await?,
                pays: self.new_card_pays(user).await?,
                setup: Some(n),
            },
            Method::BankAccount(token) => UserCommand::SetPayoutMethod {
                method: account(&*self.gateway, token.clone()).await?,
                setup: Some(n),
            },
        };
        let id = self.entropy.command();
        let set = Envelope::own(Principal::Gateway, id, user, command);
        self.answers.owners.submit(set).await.map(drop)
    }

    async fn new_card_pays(&self, user: UserId) -> Result<Cents, Refusal> {
        let balance = self.answers.owners.balances.send(OpenWalletBalance(user));
        let balance = balance.await.map_err(|_| Refusal::Stopping)?;
        Ok(balance.new_card_pays(self.least_charge))
    }
}
