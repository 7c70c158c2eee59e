//! Wallets over the facade: payouts, paid debts, what operators do with them, and what is told of them.
//!
//! Reasons are sealed under the operator's own key before they are recorded.

mod reads;

pub use reads::{
    GetPayouts, GetReceipt, GetStalledWallets, GetStatements, GetWallet, GetWalletBalance,
    OrderStatement, StatementPage, Wallet, WalletLine,
};

use super::{Caller, Command, FreeText, Refusal, Runtime};
use crate::{
    errand::{self, WalletErrand},
    payment,
};
use campusg_domain::{
    call::AccountToken,
    id::UserId,
    money::Cents,
    order::Sealed,
    owner::{
        directory::{PayoutMethod, UserCommand},
        wallet::{self, Event, PLATFORM, Payment, Payout},
    },
    record::{Entry, Events},
    time::At,
};
use std::sync::Arc;

/// Transition 42: money from the caller's wallet to the bank account on file.
#[derive(Clone, Copy, Debug)]
pub struct RequestPayout {
    /// How much.
    pub cents: Cents,
}

/// Transition 41: the caller's card pays what the caller owes.
#[derive(Clone, Copy, Debug)]
pub struct PayDebt {
    /// How much; all that is owed where none is given.
    pub cents: Option<Cents>,
}

/// Puts the caller's bank account on file.
#[derive(Clone, Debug)]
pub struct SetPayoutMethod(pub AccountToken);

/// Takes the caller's bank account off; payouts on their way keep theirs.
#[derive(Clone, Copy, Debug)]
pub struct RemovePayoutMethod;

/// Transition 41: what a user owes need not be paid. Operators only.
#[derive(Clone, Debug)]
pub struct WriteOff {
    /// Whose debt.
    pub user: UserId,
    /// How much; all that is owed where none is given.
    pub cents: Option<Cents>,
    /// Why.
    pub reason: String,
}

/// Transitions 41 and 42: what rests in a user's wallet is tried again now. Operators only.
#[derive(Clone, Debug)]
pub struct RetryWallet {
    /// Whose wallet.
    pub user: UserId,
    /// Why.
    pub reason: String,
}

/// Transition 44: cash to the gateway for losses. Operators only.
#[derive(Clone, Debug)]
pub struct TopUp {
    /// How much.
    pub cents: Cents,
    /// Why.
    pub reason: String,
}

/// Transition 44: fees taken out. Operators only.
#[derive(Clone, Debug)]
pub struct Withdraw {
    /// How much.
    pub cents: Cents,
    /// Why.
    pub reason: String,
}

/// What an operator moved, and when it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// How much.
    pub cents: Cents,
    /// When.
    pub at: At,
}

impl Command for RequestPayout {
    /// As it was asked for, also where the command is repeated.
    type Reply = Payout;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Payout, Refusal> {
        let user = caller.user()?;
        let command = wallet::Command::RequestPayout { cents: self.cents };
        let done = runtime.wallet_command(user, command, &caller).await?;
        requested(&done).ok_or(Refusal::Unknown)
    }
}

impl Command for PayDebt {
    /// As it was asked for, also where the command is repeated.
    type Reply = Payment;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Payment, Refusal> {
        let user = caller.user()?;
        let command = wallet::Command::PayDebt { cents: self.cents };
        let done = runtime.wallet_command(user, command, &caller).await?;
        asked_to_pay(&done).ok_or(Refusal::Unknown)
    }
}

impl Command for SetPayoutMethod {
    type Reply = PayoutMethod;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<PayoutMethod, Refusal> {
        let user = caller.user()?;
        let method = payment::account(runtime.gateway(), self.0).await?;
        runtime
            .change(user, UserCommand::SetPayoutMethod(method.clone()), &caller)
            .await?;
        Ok(method)
    }
}

impl Command for RemovePayoutMethod {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        runtime
            .change(caller.user()?, UserCommand::RemovePayoutMethod, &caller)
            .await
    }
}

impl Command for WriteOff {
    type Reply = Moved;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Moved, Refusal> {
        caller.operator()?;
        if runtime.directory().person(self.user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::WriteOff {
            cents: self.cents,
            reason,
        };
        let done = runtime.wallet_command(self.user, command, &caller).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }
}

impl Command for RetryWallet {
    /// The wallet with its calls, as they are now.
    type Reply = Arc<wallet::Wallet>;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Self::Reply, Refusal> {
        caller.operator()?;
        let user = self.user;
        if runtime.directory().person(user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::Retry { reason };
        runtime.wallet_command(user, command, &caller).await?;
        runtime.query(GetPayouts { user }).await
    }
}

impl Command for TopUp {
    type Reply = Moved;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Moved, Refusal> {
        caller.operator()?;
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::TopUp {
            cents: self.cents,
            reason,
        };
        let done = runtime.wallet_command(PLATFORM, command, &caller).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }
}

impl Command for Withdraw {
    type Reply = Moved;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Moved, Refusal> {
        caller.operator()?;
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::Withdraw {
            cents: self.cents,
            reason,
        };
        let done = runtime.wallet_command(PLATFORM, command, &caller).await?;
        moved(&done).ok_or(Refusal::Unknown)
    }
}

impl Runtime {
    /// Carries a command to a wallet out, and gives the record that it made, now or the first time.
    async fn wallet_command(
        &self,
        user: UserId,
        command: wallet::Command,
        caller: &Caller,
    ) -> Result<Entry, Refusal> {
        self.admit()?;
        let id = caller.command_id(|| self.entropy().command());
        let (principal, fingerprint) = (caller.principal, caller.fingerprint);
        let errand = WalletErrand {
            user,
            command,
            principal,
            fingerprint,
            said: vec![],
        };
        errand::run(self.owners(), id, errand).await?;
        let found = self.read(move |reads| {
            let wallet = reads.wallet_of(user)?;
            let mut known = wallet.iter().flat_map(|wallet| &wallet.executed);
            match known.find(|done| done.command == id) {
                Some(done) => reads.entry(done.seq),
                None => Ok(None),
            }
        });
        found.await?.ok_or(Refusal::Unknown)
    }

    /// Why an operator does something, under the operator's key.
    pub(super) fn seal_reason(&self, reason: &str, caller: &Caller) -> Result<Sealed, Refusal> {
        self.seal_free_text(caller.user()?, FreeText::Reason, reason)
    }
}

/// The events of a wallet's record.
fn events(done: &Entry) -> impl Iterator<Item = &Event> {
    let events: &[Event] = match &done.record.events {
        Events::Wallet(events) => events,
        _ => &[],
    };
    events.iter()
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
        _ => None,
    })
}
