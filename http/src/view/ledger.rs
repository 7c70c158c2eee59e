//! Views of the ledger: accounts and transfers for operators, the proof for everybody.

mod html;

use super::wallet::phase;
use crate::{time::Time, wire};
use campusg_actors::runtime::{Moved, Proof};
use campusg_domain::{
    money::{Account, Currency, Transfer, TransferId},
    owner::ledger::{Balance, Posted},
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An account. Its balance is what was paid in less what was paid out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    account: String,
    posted_cents: i64,
    pending_in_cents: i64,
    pending_out_cents: i64,
}

impl From<&(Account, Balance)> for AccountView {
    fn from((account, balance): &(Account, Balance)) -> Self {
        Self {
            account: account.to_string(),
            posted_cents: balance.posted.0,
            pending_in_cents: balance.pending_in.0,
            pending_out_cents: balance.pending_out.0,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferView {
    id: String,
    seq: u64,
    at: Time,
    debit: String,
    credit: String,
    amount_cents: i64,
    phase: &'static str,
}

impl From<&(TransferId, At, Transfer)> for TransferView {
    fn from((id, at, transfer): &(TransferId, At, Transfer)) -> Self {
        Self {
            id: id.to_string(),
            seq: id.seq.0,
            at: Time(*at),
            debit: transfer.debit.to_string(),
            credit: transfer.credit.to_string(),
            amount_cents: transfer.cents.0,
            phase: phase(transfer.phase),
        }
    }
}

/// A movement of the platform's money that an operator has booked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovedView {
    currency: String,
    amount_cents: i64,
    at: Time,
}

impl MovedView {
    pub(crate) fn of(moved: &Moved, currency: &str) -> Self {
        Self {
            currency: currency.into(),
            amount_cents: moved.cents.0,
            at: moved.at.into(),
        }
    }
}

/// What anybody may check: that all sums are zero, and that the journal still contains what it contained before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofView {
    made_at: Time,
    seq: u64,
    head: String,
    #[schema(value_type = wire::Currency)]
    currency: Currency,
    posted_sum_cents: i64,
    pending_sum_cents: i64,
    /// The posted balances by kind of account, in cents; their sum is `posted_sum_cents`.
    posted_cents: PostedView,
    accounts: usize,
    open_escrows: usize,
    held_cents: i64,
}

/// Posted balances in cents, by kind of account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostedView {
    gateway: i64,
    receivable: i64,
    escrow: i64,
    payable: i64,
    revenue: i64,
    goodwill: i64,
}

impl From<Posted> for PostedView {
    fn from(posted: Posted) -> Self {
        Self {
            gateway: posted.gateway.0,
            receivable: posted.receivable.0,
            escrow: posted.escrow.0,
            payable: posted.payable.0,
            revenue: posted.revenue.0,
            goodwill: posted.goodwill.0,
        }
    }
}

impl ProofView {
    pub(crate) fn of(proof: &Proof, currency: Currency) -> Self {
        Self {
            made_at: proof.at.into(),
            seq: proof.seq.0,
            head: proof
                .head
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            currency,
            posted_sum_cents: proof.totals.posted.0,
            pending_sum_cents: proof.totals.pending.0,
            posted_cents: proof.totals.by_kind.into(),
            accounts: proof.totals.accounts,
            open_escrows: proof.totals.open_escrows,
            held_cents: proof.totals.held.0,
        }
    }
}
