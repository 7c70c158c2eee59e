//! Bodies of the routes of wallets and of the platform's money.

use crate::json::Amount;
use serde::Deserialize;

/// Puts a bank account on file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountIn {
    pub(crate) token: String,
}

/// Asks for a payout.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayoutIn {
    pub(crate) amount_cents: Amount,
}

/// Pays what is owed; all of it where no amount is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayDebtIn {
    pub(crate) amount_cents: Option<Amount>,
}

/// Writes off what is owed; all of it where no amount is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteOffIn {
    pub(crate) amount_cents: Option<Amount>,
    pub(crate) reason: String,
}

/// Brings money of the platform to the gateway, or takes it from there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveIn {
    pub(crate) amount_cents: Amount,
    pub(crate) reason: String,
}
