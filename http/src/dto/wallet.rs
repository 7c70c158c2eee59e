//! Request bodies of the routes of wallets and of the platform's money.

use crate::{json::Amount, wire};
use serde::Deserialize;
use utoipa::ToSchema;

/// The gateway's token of a bank account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountIn {
    #[schema(value_type = wire::Token)]
    pub(crate) token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayoutIn {
    pub(crate) amount_cents: Amount,
}

/// Pays the caller's debt; all of it if no amount is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayDebtIn {
    pub(crate) amount_cents: Option<Amount>,
}

/// Writes off a user's debt; all of it if no amount is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteOffIn {
    pub(crate) amount_cents: Option<Amount>,
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}

/// A movement of the platform's own money to the gateway or from it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveIn {
    pub(crate) amount_cents: Amount,
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}
