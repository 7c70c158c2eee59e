//! Bodies of what the parties say to each other, and of what is said at the door and after it.

use crate::json::Amount;
use campusg_domain::{id::PhotoId, order::Problem as Kind};
use serde::Deserialize;

/// One party writes to the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIn {
    pub(crate) text: String,
}

/// What the runner reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProblemIn {
    pub(crate) kind: Kind,
    pub(crate) photo_id: Option<PhotoId>,
    pub(crate) note: Option<String>,
}

/// A tip after the end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TipIn {
    pub(crate) tip_cents: Amount,
}
