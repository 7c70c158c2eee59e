//! Request bodies of messages between the parties, of problems that the runner reports, and of tips.

use crate::{json::Amount, wire};
use campusg_domain::{id::PhotoId, order::Problem as Kind};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIn {
    #[schema(value_type = wire::Message)]
    pub(crate) text: String,
}

/// A problem that the runner reports.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProblemIn {
    #[schema(value_type = wire::ProblemKind)]
    pub(crate) kind: Kind,
    #[schema(value_type = Option<wire::PhotoId>)]
    pub(crate) photo_id: Option<PhotoId>,
    #[schema(value_type = Option<wire::Note>)]
    pub(crate) note: Option<String>,
}

/// A tip that is added after the order has ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TipIn {
    pub(crate) tip_cents: Amount,
}
