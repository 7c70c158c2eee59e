//! Wallets over the facade: payouts, paid debts, what operators do with them, and what is told of them.
//!
//! Reasons are sealed under the operator's own key before they are recorded.

use super::{Caller, Command, Query, Refusal, Runtime, Wording};
use crate::{
    errand::{self, WalletErrand},
    port::gateway::TokenFault,
};
use campusg_domain::{
    call::{AccountToken, CallNumber},
    id::{OrderId, UserId},
    money::Cents,
    order::{Rejection, Sealed},
    owner::{
        directory::{PayoutMethod, UserCommand},
        wallet::{self, Event, Line, PLATFORM, Payment, Payout, Wallet},
    },
    record::{Entry, Events},
};
use std::sync::Arc;

/// Row 42: money from the caller's wallet to the bank account on file.
#[derive(Clone, Copy, Debug)]
pub struct RequestPayout {
    /// How much.
    pub cents: Cents,
}

/// Row 41: the caller's card pays what the caller owes.
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

/// Row 41: what a user owes need not be paid. Operators only.
#[derive(Clone, Debug)]
pub struct WriteOff {
    /// Whose debt.
    pub user: UserId,
    /// How much.
    pub cents: Cents,
    /// Why.
    pub reason: String,
}

/// Row 44: cash to the gateway for losses. Operators only.
#[derive(Clone, Debug)]
pub struct TopUp {
    /// How much.
    pub cents: Cents,
    /// Why.
    pub reason: String,
}

/// Row 44: fees taken out. Operators only.
#[derive(Clone, Debug)]
pub struct Withdraw {
    /// How much.
    pub cents: Cents,
    /// Why.
    pub reason: String,
}

/// What is on its way to or from a wallet, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct GetPayouts {
    /// Whose wallet.
    pub user: UserId,
}

/// What one order did to a user's money, line by line.
#[derive(Clone, Copy, Debug)]
pub struct GetStatement {
    /// Whose money.
    pub user: UserId,
    /// Which order.
    pub order: OrderId,
}

impl Command for RequestPayout {
    type Reply = Payout;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Payout, Refusal> {
        let user = caller.user()?;
        let command = wallet::Command::RequestPayout { cents: self.cents };
        let (wallet, call) = runtime.wallet_call(user, command, &caller).await?;
        wallet.payout(call).cloned().ok_or(Refusal::Unknown)
    }
}

impl Command for PayDebt {
    type Reply = Payment;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<Payment, Refusal> {
        let user = caller.user()?;
        let command = wallet::Command::PayDebt { cents: self.cents };
        let (wallet, call) = runtime.wallet_call(user, command, &caller).await?;
        wallet.payment(call).cloned().ok_or(Refusal::Unknown)
    }
}

impl Command for SetPayoutMethod {
    type Reply = PayoutMethod;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<PayoutMethod, Refusal> {
        let user = caller.user()?;
        let token = self.0;
        let face = runtime
            .gateway()
            .describe_account(token.clone())
            .await
            .map_err(|fault| match fault {
                TokenFault::Unknown => Refusal::rule(Rejection::field(
                    "token",
                    "is not known to the payment gateway",
                )),
                TokenFault::Unavailable => Refusal::Busy {
                    retry_after_ms: 2_000,
                },
            })?;
        let method = PayoutMethod {
            token,
            bank: face.bank,
            last4: face.last4,
        };
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
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        if runtime.directory().person(self.user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::WriteOff {
            cents: self.cents,
            reason,
        };
        runtime.wallet_command(self.user, command, &caller).await
    }
}

impl Command for TopUp {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::TopUp {
            cents: self.cents,
            reason,
        };
        runtime.wallet_command(PLATFORM, command, &caller).await
    }
}

impl Command for Withdraw {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        let reason = runtime.seal_reason(&self.reason, &caller)?;
        let command = wallet::Command::Withdraw {
            cents: self.cents,
            reason,
        };
        runtime.wallet_command(PLATFORM, command, &caller).await
    }
}

impl Query for GetPayouts {
    type Answer = Arc<Wallet>;

    async fn answer(self, runtime: &Runtime) -> Result<Arc<Wallet>, Refusal> {
        let user = self.user;
        let wallet = runtime.read(move |reads| reads.wallet_of(user)).await?;
        Ok(wallet.unwrap_or_else(|| Arc::new(Wallet::new(user))))
    }
}

impl Query for GetStatement {
    type Answer = Vec<Line>;

    async fn answer(self, runtime: &Runtime) -> Result<Vec<Line>, Refusal> {
        let Self { user, order } = self;
        let entries: Vec<Entry> = runtime
            .read(move |reads| reads.stream_entries(order))
            .await?;
        Ok(wallet::statement(user, order, &entries))
    }
}

impl Runtime {
    async fn wallet_command(
        &self,
        user: UserId,
        command: wallet::Command,
        caller: &Caller,
    ) -> Result<(), Refusal> {
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
        errand::run(self.owners(), id, errand).await.map(drop)
    }

    /// The wallet, and the call that this very command opened, now or the first time.
    async fn wallet_call(
        &self,
        user: UserId,
        command: wallet::Command,
        caller: &Caller,
    ) -> Result<(Arc<Wallet>, CallNumber), Refusal> {
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
            let Some(wallet) = reads.wallet_of(user)? else {
                return Ok(None);
            };
            let Some(executed) = wallet.executed.iter().find(|done| done.command == id) else {
                return Ok(None);
            };
            let entry = reads.entry(executed.seq)?;
            Ok(entry.and_then(|entry| Some((Arc::clone(&wallet), opened(&entry.record.events)?))))
        });
        found.await?.ok_or(Refusal::Unknown)
    }

    /// Why an operator does something, under the operator's key.
    pub(super) fn seal_reason(&self, reason: &str, caller: &Caller) -> Result<Sealed, Refusal> {
        self.seal_words(caller.user()?, Wording::Reason, reason)
    }
}

fn opened(events: &Events) -> Option<CallNumber> {
    let Events::Wallet(events) = events else {
        return None;
    };
    events.iter().find_map(|event| match event {
        Event::PayoutRequested { call, .. } | Event::DebtPaymentRequested { call, .. } => {
            Some(*call)
        }
        _ => None,
    })
}
