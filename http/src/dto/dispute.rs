//! Request bodies of disputes and of an operator's refunds.

use crate::{json::Amount, wire};
use campusg_domain::{id::PhotoId, order::Fault};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisputeIn {
    #[schema(value_type = wire::Claim)]
    pub(crate) reason: String,
    /// What the opener wants back; if absent, the most that can be claimed.
    pub(crate) claim_cents: Option<Amount>,
    #[serde(default)]
    #[schema(value_type = Vec<wire::PhotoId>)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyIn {
    #[schema(value_type = wire::Reply)]
    pub(crate) text: String,
    #[serde(default)]
    #[schema(value_type = Vec<wire::PhotoId>)]
    pub(crate) photo_ids: Vec<PhotoId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveIn {
    pub(crate) refund_cents: Amount,
    #[schema(value_type = wire::Fault)]
    pub(crate) at_fault: Fault,
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}

/// Body of a refund after the order has ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundIn {
    pub(crate) amount_cents: Amount,
    #[schema(value_type = wire::Reason)]
    pub(crate) reason: String,
}
