//! Request bodies of disputes and of an operator's refunds.

use crate::json::Amount;
use campusg_domain::{id::PhotoId, order::Fault};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisputeIn {
    pub(crate) reason: String,
    /// What the opener wants back; if absent, the most that can be claimed.
    pub(crate) claim_cents: Option<Amount>,
    #[serde(default)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyIn {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveIn {
    pub(crate) refund_cents: Amount,
    pub(crate) at_fault: Fault,
    pub(crate) reason: String,
}

/// Body of a refund after the order has ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundIn {
    pub(crate) amount_cents: Amount,
    pub(crate) reason: String,
}
