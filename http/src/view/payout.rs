//! Views of payouts, debt payments and chargebacks, for the owner of the wallet.

use crate::{time::Time, wire};
use campusg_domain::{
    call::Decline,
    id::OrderId,
    owner::{
        directory::PayoutMethod,
        wallet::{Chargeback, Payment, PaymentState, Payout, PayoutState},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// A bank account without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankAccountView)]
pub(crate) struct AccountView {
    bank: String,
    last4: String,
}

impl From<&PayoutMethod> for AccountView {
    fn from(method: &PayoutMethod) -> Self {
        Self {
            bank: method.bank.clone(),
            last4: method.last4.clone(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PayoutView {
    /// Unique within the wallet.
    id: u16,
    currency: String,
    amount_cents: i64,
    /// What the bank was paid, as far as it is known.
    paid_cents: i64,
    state: &'static str,
    /// Why it failed; null if it did not.
    reason: Option<&'static str>,
    to: AccountView,
    requested_at: Time,
    changed_at: Time,
}

impl PayoutView {
    pub(crate) fn of(payout: &Payout, currency: &str) -> Self {
        let (state, reason) = match payout.state {
            PayoutState::Requested => ("requested", None),
            PayoutState::Paid => ("paid", None),
            PayoutState::Failed(reason) => ("failed", Some(reason)),
            PayoutState::SentBack => ("sent_back", None),
        };
        Self {
            id: payout.call,
            currency: currency.into(),
            amount_cents: payout.cents.0,
            paid_cents: payout.paid.0,
            state,
            reason: reason.map(Decline::code),
            to: AccountView::from(&payout.method),
            requested_at: payout.requested_at.into(),
            changed_at: payout.changed_at.into(),
        }
    }
}

/// A card payment of a debt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DebtPaymentView)]
pub(crate) struct PaymentView {
    /// Unique within the wallet.
    id: u16,
    currency: String,
    /// The part of the debt that is paid.
    amount_cents: i64,
    /// The charged amount. It is higher if the debt is below the gateway's minimum; the rest is credited to the
    /// wallet.
    charge_cents: i64,
    state: &'static str,
    /// Why it failed; null if it did not.
    reason: Option<&'static str>,
    requested_at: Time,
    changed_at: Time,
}

impl PaymentView {
    pub(crate) fn of(payment: &Payment, currency: &str) -> Self {
        let (state, reason) = match payment.state {
            PaymentState::Requested => ("requested", None),
            PaymentState::Paid => ("paid", None),
            PaymentState::Failed(reason) => ("failed", Some(reason)),
            PaymentState::Late => ("late", None),
        };
        Self {
            id: payment.call,
            currency: currency.into(),
            amount_cents: payment.cents.0,
            charge_cents: payment.charge.0,
            state,
            reason: reason.map(Decline::code),
            requested_at: payment.requested_at.into(),
            changed_at: payment.changed_at.into(),
        }
    }
}

/// A charge that the customer's bank took back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChargebackView {
    /// The order that was charged for; null if the charge paid a debt.
    #[schema(value_type = Option<wire::OrderId>)]
    order_id: Option<OrderId>,
    amount_cents: i64,
    state: &'static str,
    at: Time,
}

impl From<&Chargeback> for ChargebackView {
    fn from(known: &Chargeback) -> Self {
        Self {
            order_id: known.order,
            amount_cents: known.cents.0,
            state: match known.won {
                None => "open",
                Some(true) => "won",
                Some(false) => "lost",
            },
            at: known.at.into(),
        }
    }
}
