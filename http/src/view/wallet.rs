//! Views of a wallet and its statement, for its owner.

use super::{
    payout::{ChargebackView, PaymentView},
    statement::StatementView,
};
use crate::{page::Page, time::Time, wire};
use campusg_actors::runtime::{StatementPage, Wallet, WalletLine};
use campusg_domain::{
    id::{OrderId, UserId},
    money::{Account, Cents, Phase, Transfer},
    owner::{ledger::WalletBalance, wallet},
    policy::Policy,
};
use serde::Serialize;
use utoipa::ToSchema;

type PageOfStatements = Page<StatementView>;

/// How many debt payments and how many chargebacks are shown, newest first.
const SHOWN: usize = 20;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletView {
    currency: String,
    available_cents: i64,
    /// The amount of payouts that are under way.
    in_payout_cents: i64,
    /// Frozen until a dispute is decided.
    frozen_cents: i64,
    /// The amount of refunds to a card that are under way.
    to_card_cents: i64,
    /// The sum of the three amounts above.
    pending_out_cents: i64,
    debt_cents: i64,
    /// The part of the debt that a card is being charged for now.
    being_paid_cents: i64,
    /// What a newly stored payment method would be charged at once.
    new_payment_method_pays_cents: i64,
    /// One entry per order, newest first.
    statement: PageOfStatements,
    debt_payments: Vec<PaymentView>,
    chargebacks: Vec<ChargebackView>,
    /// The latest movements, with or without an order, newest first.
    lines: Vec<LineView>,
}

/// What a newly stored payment method is charged at once: the whole debt, but at least the gateway's minimum.
pub(crate) fn new_method_pays(wallet_balance: &WalletBalance, policy: &Policy) -> Cents {
    wallet_balance.new_card_pays(policy.gateway_minimum_cents)
}

/// A movement of the wallet or the debt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletLineView)]
pub(crate) struct LineView {
    at: Time,
    #[schema(value_type = Option<wire::OrderId>)]
    order_id: Option<OrderId>,
    kind: &'static str,
    /// `wallet`, or `debt` for what is owed or promised to the platform.
    account: &'static str,
    /// Positive if paid into the account.
    amount_cents: i64,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_fee_cents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip_cents: Option<i64>,
}

impl WalletView {
    pub(crate) fn of(
        wallet: &Wallet,
        known: &wallet::Wallet,
        statements: &StatementPage,
        policy: &Policy,
    ) -> Self {
        let (wallet_balance, currency) = (&wallet.wallet_balance, policy.currency.code());
        let pending_out = wallet_balance.in_payout + wallet_balance.frozen + wallet_balance.to_card;
        let payments = known.payments.iter().rev().take(SHOWN);
        let chargebacks = known.chargebacks.iter().rev().take(SHOWN);
        let lines = wallet.lines.iter();
        let statement = statements.orders.iter().map(StatementView::from).collect();
        Self {
            currency: currency.into(),
            available_cents: wallet_balance.available.0,
            in_payout_cents: wallet_balance.in_payout.0,
            frozen_cents: wallet_balance.frozen.0,
            to_card_cents: wallet_balance.to_card.0,
            pending_out_cents: pending_out.0,
            debt_cents: wallet_balance.debt.0,
            being_paid_cents: wallet_balance.being_paid.0,
            new_payment_method_pays_cents: new_method_pays(wallet_balance, policy).0,
            statement: Page::going_on(statement, statements.next),
            debt_payments: payments
                .map(|known| PaymentView::of(known, currency))
                .collect(),
            chargebacks: chargebacks.map(ChargebackView::from).collect(),
            lines: lines.map(|line| LineView::of(known.user, line)).collect(),
        }
    }
}

impl LineView {
    fn of(user: UserId, line: &WalletLine) -> Self {
        let transfer = &line.transfer;
        let (account, cents) = own_side(user, transfer);
        let earned = matches!(
            (transfer.debit, transfer.credit),
            (Account::Escrow(_), Account::Payable(_))
        );
        let price = line.price.as_ref().filter(|_| earned);
        Self {
            at: line.at.into(),
            order_id: line.order,
            kind: kind(transfer.debit, transfer.credit),
            account,
            amount_cents: cents.0,
            phase: phase(transfer.phase),
            delivery_fee_cents: price.map(|price| price.delivery_fee.0),
            tip_cents: price.map(|price| price.tip.0),
        }
    }
}

/// Returns which of the user's accounts a transfer moves, and by how much; positive is paid in. A set-off moves money
/// between two accounts of the same user and is shown as what leaves the wallet.
pub(super) fn own_side(user: UserId, transfer: &Transfer) -> (&'static str, Cents) {
    let mine = |account: Account| {
        account == Account::Payable(user) || account == Account::Receivable(user)
    };
    let (own, cents) = if mine(transfer.debit) {
        (transfer.debit, -transfer.cents)
    } else {
        (transfer.credit, transfer.cents)
    };
    if own == Account::Payable(user) {
        ("wallet", cents)
    } else {
        ("debt", cents)
    }
}

/// Returns the name of a transfer's kind, derived from its accounts.
pub(super) const fn kind(debit: Account, credit: Account) -> &'static str {
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

/// Returns the name of a transfer's phase.
pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Posted | Phase::Post { .. } => "posted",
        Phase::Pending { .. } => "pending",
        Phase::Void { .. } => "voided",
        Phase::Expire { .. } => "expired",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_method_pays_all_that_is_owed_and_at_least_the_gateways_minimum() {
        let policy = Policy::default();
        let minimum = policy.gateway_minimum_cents;
        let pays = |debt| {
            let wallet_balance = WalletBalance {
                debt,
                ..WalletBalance::default()
            };
            new_method_pays(&wallet_balance, &policy)
        };
        assert_eq!(pays(Cents::ZERO), Cents::ZERO);
        assert_eq!(pays(Cents(1)), minimum);
        assert_eq!(pays(minimum + Cents(1)), minimum + Cents(1));
    }
}
