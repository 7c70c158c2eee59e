//! A wallet and its statement: to its owner.

use crate::time::Time;
use campusg_actors::runtime::{Wallet, WalletLine};
use campusg_domain::{
    id::{OrderId, UserId},
    money::{Account, Phase},
};
use serde::Serialize;

/// A wallet.
#[derive(Debug, Serialize)]
pub(crate) struct WalletView {
    currency: String,
    available_cents: i64,
    pending_out_cents: i64,
    debt_cents: i64,
    lines: Vec<LineView>,
}

/// One movement.
#[derive(Debug, Serialize)]
pub(crate) struct LineView {
    at: Time,
    order_id: Option<OrderId>,
    kind: &'static str,
    /// `wallet`, or `debt`: what is owed to the platform, or promised to it.
    account: &'static str,
    /// In to the account above zero, out of it below.
    amount_cents: i64,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_fee_cents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip_cents: Option<i64>,
}

impl WalletView {
    pub(crate) fn of(user: UserId, wallet: &Wallet, currency: &str) -> Self {
        Self {
            currency: currency.into(),
            available_cents: wallet.purse.available.0,
            pending_out_cents: (wallet.purse.in_payout
                + wallet.purse.frozen
                + wallet.purse.to_card)
                .0,
            debt_cents: wallet.purse.debt.0,
            lines: wallet
                .lines
                .iter()
                .map(|line| LineView::of(user, line))
                .collect(),
        }
    }
}

impl LineView {
    fn of(user: UserId, line: &WalletLine) -> Self {
        let transfer = &line.transfer;
        let mine = |account: Account| {
            account == Account::Payable(user) || account == Account::Receivable(user)
        };
        // A set-off moves between two accounts of the same user: it is shown as what leaves the wallet.
        let (own, sign) = if mine(transfer.debit) {
            (transfer.debit, -1)
        } else {
            (transfer.credit, 1)
        };
        let earned = matches!(
            (transfer.debit, transfer.credit),
            (Account::Escrow(_), Account::Payable(_))
        );
        let price = line.price.as_ref().filter(|_| earned);
        Self {
            at: line.at.into(),
            order_id: line.order,
            kind: kind(transfer.debit, transfer.credit),
            account: if own == Account::Payable(user) {
                "wallet"
            } else {
                "debt"
            },
            amount_cents: transfer.cents.0 * sign,
            phase: phase(transfer.phase),
            delivery_fee_cents: price.map(|price| price.delivery_fee.0),
            tip_cents: price.map(|price| price.tip.0),
        }
    }
}

const fn kind(debit: Account, credit: Account) -> &'static str {
    match (debit, credit) {
        (Account::Receivable(_), Account::Escrow(_)) => "hold",
        (Account::Gateway, Account::Receivable(_)) => "card_charge",
        (Account::Gateway, Account::Payable(_)) => "card_payment",
        (Account::Escrow(_), Account::Payable(_)) => "from_escrow",
        (Account::Payable(_), Account::Gateway) => "to_card_or_bank",
        (Account::Payable(_), Account::Receivable(_)) => "debt_paid",
        (Account::Goodwill, _) => "goodwill",
        _ => "transfer",
    }
}

/// A transfer's phase in a word.
pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Posted | Phase::Post { .. } => "posted",
        Phase::Pending { .. } => "pending",
        Phase::Void { .. } => "voided",
        Phase::Expire { .. } => "expired",
    }
}
