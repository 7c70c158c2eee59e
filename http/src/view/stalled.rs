//! Views of wallets with stalled calls to the gateway, for operators.

use crate::{time::Time, wire};
use campusg_domain::{
    call::{CallKind, CallNumber},
    id::UserId,
    money::Cents,
    order::Call,
    owner::wallet::Wallet,
    policy::Policy,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A wallet with stalled calls to the gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StalledWalletView {
    #[schema(value_type = wire::UserId)]
    user_id: UserId,
    calls: Vec<StalledCallView>,
    /// When the calls are retried automatically; null while all of them are being tried.
    next_try_at: Option<Time>,
}

/// A call that has used all its automatic tries before a person is alerted.
#[derive(Debug, Serialize, ToSchema)]
struct StalledCallView {
    /// The id of the payout or payment within the wallet.
    #[schema(value_type = wire::Number)]
    id: CallNumber,
    /// `payout`, or `charge` for a card payment of a debt.
    purpose: &'static str,
    currency: String,
    amount_cents: i64,
    failures: u16,
    requested_at: Option<Time>,
}

impl StalledWalletView {
    pub(crate) fn of(wallet: &Wallet, policy: &Policy) -> Self {
        let calls = wallet.failing(policy.retry_tries);
        Self {
            user_id: wallet.user,
            calls: calls
                .map(|(n, call)| StalledCallView::of(wallet, n, call, policy.currency.code()))
                .collect(),
            next_try_at: wallet.armed().map(|timer| timer.due.into()),
        }
    }
}

impl StalledCallView {
    fn of(wallet: &Wallet, n: CallNumber, call: &Call, currency: &str) -> Self {
        let payout = wallet.payout(n).map(|payout| payout.requested_at);
        let payment = wallet.payment(n).map(|payment| payment.requested_at);
        let cents = match call.kind {
            CallKind::PayOut { cents } | CallKind::Charge { cents } => cents,
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. } => Cents::ZERO,
        };
        Self {
            id: n,
            purpose: call.kind.purpose(),
            currency: currency.into(),
            amount_cents: cents.0,
            failures: call.failures,
            requested_at: payout.or(payment).map(Time),
        }
    }
}
