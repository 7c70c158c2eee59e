//! Wallets: payouts, debt payments, and operators' actions on wallets and on the platform's money.
//!
//! An operator's reason is sealed under their own key before it is recorded.

mod reads;

pub use reads::{OrderStatement, StatementPage, Wallet, WalletLine};

use super::{FreeText, Refusal, Runtime};
use crate::port::gateway;
use campusg_domain::{
    call::AccountToken,
    id::UserId,
    money::Cents,
    owner::{
        directory::{PayoutMethod, UserCommand, UserEvent},
        wallet::{self, Command, Event, PLATFORM, Payment, Payout},
    },
    record::{Entry, Events},
    stream::Meta,
    text::Sealed,
    time::At,
};
use std::sync::Arc;

/// A recorded movement of the platform's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The amount moved.
    pub cents: Cents,
    /// When it was recorded.
    pub at: At,
}

impl Runtime {
    /// Transition 42: pays money from the caller's wallet to their bank account. Returns the payout as it was
    /// requested, also when the command is repeated.
    ///
    /// # Errors
    /// `NotAllowed`, then as [`Command::RequestPayout`] says.
    pub async fn request_payout(&self, meta: Meta, cents: Cents) -> Result<Payout, Refusal> {
        let user = meta.user()?;
        let request = Command::RequestPayout { cents };
        let done = self.wallet_command(meta, user, request).await?;
        requested(&done).ok_or(Refusal::Unknown)
    }

    /// Transition 41: charges the caller's card for their debt, all of it if `cents` is `None`. Returns the payment
    /// as it was requested, also when the command is repeated.
    ///
    /// # Errors
    /// `NotAllowed`, then as [`Command::PayDebt`] says.
    pub async fn pay_debt(&self, meta: Meta, cents: Option<Cents>) -> Result<Payment, Refusal> {
        let user = meta.user()?;
        let pay = Command::PayDebt { cents };
        let done = self.wallet_command(meta, user, pay).await?;
        asked_to_pay(&done).ok_or(Refusal::Unknown)
    }

    /// Stores the caller's bank account.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` if the gateway does not know the token; `GatewayAway`.
    pub async fn set_payout_method(
        &self,
        meta: Meta,
        token: AccountToken,
    ) -> Result<PayoutMethod, Refusal> {
        let user = meta.user()?;
        let done = match self.done_before(&meta).await? {
            Some(done) => done,
            None => {
                let method = gateway::account(self.gateway(), token).await?;
                let set = UserCommand::SetPayoutMethod {
                    method,
                    setup: None,
                };
                let seq = self.submit(meta, user, set).await?;
                self.record_of(seq).await?
            }
        };
        put_on_file(&done).ok_or(Refusal::Unknown)
    }

    /// Removes the caller's bank account. Payouts under way keep theirs.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn remove_payout_method(&self, meta: Meta) -> Result<(), Refusal> {
        let user = meta.user()?;
        let remove = UserCommand::RemovePayoutMethod;
        self.submit(meta, user, remove).await.map(drop)
    }

    /// Transition 41: cancels a user's debt at the platform's expense, all of it if `cents` is `None`. Operators
    /// only.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`, then as [`Command::WriteOff`] says.
    pub async fn write_off(
        &self,
        meta: Meta,
        user: UserId,
        cents: Option<Cents>,
        reason: &str,
    ) -> Result<Moved, Refusal> {
        let reason = self.sealed_reason_about(&meta, user, reason)?;
        let write_off = Command::WriteOff { cents, reason };
        let done = self.wallet_command(meta, user, write_off).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }

    /// Transitions 41 and 42: retries the deferred calls of a user's wallet now. Operators only. Returns the wallet
    /// with its present calls.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`, then as [`Command::Retry`] says.
    pub async fn retry_wallet(
        &self,
        meta: Meta,
        user: UserId,
        reason: &str,
    ) -> Result<Arc<wallet::Wallet>, Refusal> {
        let reason = self.sealed_reason_about(&meta, user, reason)?;
        self.wallet_command(meta, user, Command::Retry { reason })
            .await?;
        self.payouts(user).await
    }

    /// Transition 44: books cash that was paid to the gateway to cover losses. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, then as [`Command::TopUp`] says.
    pub async fn top_up(&self, meta: Meta, cents: Cents, reason: &str) -> Result<Moved, Refusal> {
        let reason = self.sealed_reason(&meta, reason)?;
        let top_up = Command::TopUp { cents, reason };
        let done = self.wallet_command(meta, PLATFORM, top_up).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }

    /// Transition 44: books platform fees that were paid out by the gateway. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, then as [`Command::Withdraw`] says.
    pub async fn withdraw(&self, meta: Meta, cents: Cents, reason: &str) -> Result<Moved, Refusal> {
        let reason = self.sealed_reason(&meta, reason)?;
        let withdraw = Command::Withdraw { cents, reason };
        let done = self.wallet_command(meta, PLATFORM, withdraw).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }

    /// Carries out a command to a wallet, and returns the record that it made, now or the first time.
    async fn wallet_command(
        &self,
        meta: Meta,
        user: UserId,
        command: Command,
    ) -> Result<Entry, Refusal> {
        let seq = self.submit(meta, user, command).await?;
        self.record_of(seq).await
    }

    /// Seals an operator's reason for an action on a user's wallet. The user must exist.
    fn sealed_reason_about(
        &self,
        meta: &Meta,
        user: UserId,
        reason: &str,
    ) -> Result<Sealed, Refusal> {
        meta.operator()?;
        if self.directory().person(user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        self.sealed_reason(meta, reason)
    }

    /// Seals an operator's reason.
    fn sealed_reason(&self, meta: &Meta, reason: &str) -> Result<Sealed, Refusal> {
        meta.operator()?;
        self.seal_free_text(meta.principal, FreeText::Reason, reason)
    }
}

/// Returns the events of a wallet's record.
fn events(done: &Entry) -> impl Iterator<Item = &Event> {
    let events: &[Event] = match &done.record.events {
        Events::Wallet(events) => events,
        Events::System(_)
        | Events::Order(_)
        | Events::User(_)
        | Events::Store(_)
        | Events::Inbox(_)
        | Events::Schedule(_) => &[],
    };
    events.iter()
}

/// Returns the bank account that a record has put on file.
fn put_on_file(done: &Entry) -> Option<PayoutMethod> {
    let Events::User(events) = &done.record.events else {
        return None;
    };
    events.iter().find_map(|event| {
        if let UserEvent::PayoutMethodSet(method) = event {
            Some(method.clone())
        } else {
            None
        }
    })
}

fn requested(done: &Entry) -> Option<Payout> {
    events(done).find_map(|event| Payout::asked(event, done.record.at))
}

fn asked_to_pay(done: &Entry) -> Option<Payment> {
    events(done).find_map(|event| Payment::asked(event, done.record.at))
}

fn moved(done: &Entry) -> Option<Moved> {
    let at = done.record.at;
    events(done).find_map(|event| match event {
        Event::WrittenOff { cents, .. }
        | Event::ToppedUp { cents, .. }
        | Event::Withdrawn { cents, .. } => Some(Moved { cents: *cents, at }),
        Event::SetOff { .. }
        | Event::PayoutRequested { .. }
        | Event::PayoutPaid { .. }
        | Event::PayoutFailed { .. }
        | Event::PayoutSentBack { .. }
        | Event::PayoutLate { .. }
        | Event::DebtPaymentRequested { .. }
        | Event::DebtPaid { .. }
        | Event::DebtPaymentFailed { .. }
        | Event::LateCharge { .. }
        | Event::ChargedBack { .. }
        | Event::ChargebackWon { .. }
        | Event::ChargebackLost { .. }
        | Event::CashShort { .. }
        | Event::ClockSetBack { .. }
        | Event::CallDeferred { .. }
        | Event::CallRetried { .. }
        | Event::TimerFired { .. }
        | Event::OperatorRetried { .. }
        | Event::ChargeVoided { .. } => None,
    })
}
