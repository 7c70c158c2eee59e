//! Bodies of disputes and of what operators give back.

use crate::json::Amount;
use campusg_domain::{id::PhotoId, order::Fault};
use serde::Deserialize;

/// Opens a dispute.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisputeIn {
    pub(crate) reason: String,
    /// The most that may be claimed where none is given.
    pub(crate) claim_cents: Option<Amount>,
    #[serde(default)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

/// Says more about a dispute.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyIn {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

/// Decides a dispute.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveIn {
    pub(crate) refund_cents: Amount,
    pub(crate) at_fault: Fault,
    pub(crate) reason: String,
}

/// Gives something back after the end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundIn {
    pub(crate) amount_cents: Amount,
    pub(crate) reason: String,
}
