//! Stores cards and bank accounts that people have entered on the gateway's page, once an event carries their token.
//!
//! Invariant: an event stores its method at most once, even if it comes again after a restart: by then the person may
//! have stored another one.

use super::events::EventIntake;
use crate::{
    message::OpenWalletBalance,
    port::gateway::{EventId, Method, account, card},
    refusal::Refusal,
};
use campusg_domain::{
    id::{CommandId, Principal, Seq, Stream, UserId},
    money::Cents,
    owner::directory::UserCommand,
    stream::{Envelope, own_command},
};
use campusg_storage::{read::Reads, snapshot::SnapshotFault};

impl EventIntake {
    /// Stores the card or bank account that `user` has entered on the gateway's page.
    pub(super) async fn put_on_file(
        &self,
        user: UserId,
        method: &Method,
        event: &EventId,
    ) -> Result<(), Refusal> {
        // The same id each time the event comes, so that a repeat is recognised.
        let id = own_command(Stream::User(user), &format!("setup {event}"), 0);
        let reads = self.reads.clone();
        let known = tokio::task::spawn_blocking(move || is_recorded(&reads, user, id)).await;
        if known.map_err(|_| Refusal::Fault)?? {
            return Ok(());
        }
        let command = match method {
            Method::Card(token) => UserCommand::SetCard {
                card: card(&*self.gateway, token.clone()).await?,
                pays: self.new_card_pays(user).await?,
            },
            Method::BankAccount(token) => {
                let method = account(&*self.gateway, token.clone()).await?;
                UserCommand::SetPayoutMethod(method)
            }
        };
        let set = Envelope::own(Principal::Gateway, id, user, command);
        self.answers.owners.submit(set).await.map(drop)
    }

    async fn new_card_pays(&self, user: UserId) -> Result<Cents, Refusal> {
        let balance = self.answers.owners.balances.send(OpenWalletBalance(user));
        let balance = balance.await.map_err(|_| Refusal::Stopping)?;
        Ok(balance.new_card_pays(self.least_charge))
    }
}

/// Whether the account's stream has a record with this command id.
fn is_recorded(reads: &Reads, user: UserId, id: CommandId) -> Result<bool, SnapshotFault> {
    let person = reads.person(user)?;
    let mut at = person.map_or(Seq::NONE, |known| known.last_seq);
    while at != Seq::NONE {
        match reads.entry(at)? {
            Some(entry) if entry.record.command == id => return Ok(true),
            Some(entry) => at = entry.record.prev,
            None => break,
        }
    }
    Ok(false)
}
