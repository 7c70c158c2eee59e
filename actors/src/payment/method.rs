//! Cards and bank accounts: what the gateway says of a token, and what a person entered on the gateway's own page, which
//! is put on file once an event tells its token.
//!
//! Invariant: an event puts its method on file once, also where it is told again after a restart: by then the person may
//! have put another one on file.

use super::events::EventIntake;
use crate::{
    desk,
    directory::{Change, Entry},
    env::command_of,
    port::gateway::{EventId, Method, PaymentGateway, TokenFault},
    runtime::Refusal,
    vote::OpenWalletBalance,
};
use campusg_domain::{
    call::{AccountToken, CardToken},
    id::{CommandId, Principal, Seq, Stream, UserId},
    invariant::fingerprint,
    money::Cents,
    order::Rejection,
    owner::directory::{Card, PayoutMethod, UserCommand},
};
use campusg_storage::{read::Reads, snapshot::SnapshotFault};

/// What may be kept of a card.
pub(crate) async fn card(gateway: &dyn PaymentGateway, token: CardToken) -> Result<Card, Refusal> {
    let face = gateway.describe_card(token.clone()).await;
    let face = face.map_err(undescribed)?;
    Ok(Card {
        token,
        brand: face.brand,
        last4: face.last4,
        exp_month: face.exp_month,
        exp_year: face.exp_year,
    })
}

/// What may be kept of a bank account.
pub(crate) async fn account(
    gateway: &dyn PaymentGateway,
    token: AccountToken,
) -> Result<PayoutMethod, Refusal> {
    let face = gateway.describe_account(token.clone()).await;
    let face = face.map_err(undescribed)?;
    Ok(PayoutMethod {
        token,
        bank: face.bank,
        last4: face.last4,
    })
}

fn undescribed(fault: TokenFault) -> Refusal {
    match fault {
        TokenFault::Unknown => Refusal::rule(Rejection::field(
            "token",
            "is not known to the payment gateway",
        )),
        TokenFault::Unavailable => Refusal::GatewayAway,
    }
}

impl EventIntake {
    /// Puts on file what a person entered on the gateway's page.
    pub(super) async fn put_on_file(
        &self,
        user: UserId,
        method: &Method,
        event: &EventId,
    ) -> Result<(), Refusal> {
        let id = id_of(user, event);
        let reads = self.reads.clone();
        let known = tokio::task::spawn_blocking(move || is_recorded(&reads, user, id)).await;
        match known.map_err(|_| Refusal::Fault)? {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            Err(SnapshotFault::ArchiveOpening) => {
                return Err(Refusal::Busy {
                    retry_after_ms: 2_000,
                });
            }
            Err(_) => return Err(Refusal::Fault),
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
        let entry = Entry {
            change: Change::User(user, command),
            principal: Principal::Gateway,
            fingerprint: fingerprint(method),
        };
        let directory = &self.answers.owners.directory;
        desk::run(directory, id, entry).await.map(drop)
    }

    async fn new_card_pays(&self, user: UserId) -> Result<Cents, Refusal> {
        let balance = self.answers.owners.escrow.send(OpenWalletBalance(user));
        let balance = balance.await.map_err(|_| Refusal::Stopping)?;
        Ok(balance.new_card_pays(self.least_charge))
    }
}

/// The id of the command that an event becomes: the same however often it is told.
fn id_of(user: UserId, event: &EventId) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(Stream::User(user).to_string().as_bytes())
        .update(b"setup")
        .update(event.as_str().as_bytes());
    command_of(&hasher)
}

/// Whether a record of an account carries this command.
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
