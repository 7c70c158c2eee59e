//! Request bodies of messages between the parties, of problems that the runner reports, and of tips.

use crate::json::Amount;
use campusg_domain::{id::PhotoId, order::Problem as Kind};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIn {
    pub(crate) text: String,
}

/// A problem that the runner reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProblemIn {
    pub(crate) kind: Kind,
    pub(crate) photo_id: Option<PhotoId>,
    pub(crate) note: Option<String>,
}

/// A tip that is added after the order has ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TipIn {
    pub(crate) tip_cents: Amount,
}
