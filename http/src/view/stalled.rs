//! What is on its way to or from a wallet and keeps failing: to operators.

use crate::time::Time;
use campusg_domain::{
    call::{CallKind, CallNumber},
    id::UserId,
    money::Cents,
    order::Call,
    owner::wallet::Wallet,
    policy::Policy,
};
use serde::Serialize;

/// A wallet with calls to the gateway that keep failing.
#[derive(Debug, Serialize)]
pub(crate) struct StalledWalletView {
    user_id: UserId,
    calls: Vec<StalledCallView>,
    /// When they are tried again, by themselves; none while all are being tried.
    next_try_at: Option<Time>,
}

/// A call that was tried as often as it is before somebody has to look at it.
#[derive(Debug, Serialize)]
struct StalledCallView {
    /// The payout's or payment's id within the wallet.
    id: CallNumber,
    /// `payout`, or `charge`: a card pays a debt.
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
                .map(|(n, call)| StalledCallView::of(wallet, n, call, &policy.currency))
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
