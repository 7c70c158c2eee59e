//! Bodies and parameters as callers write them. Unknown fields are refused everywhere.
//!
//! Must not: derive `Debug` where a password, token, PIN or personal text is in it.

pub(crate) mod admin;
pub(crate) mod dispute;
pub(crate) mod door;
pub(crate) mod order;
pub(crate) mod proposal;
pub(crate) mod store;
pub(crate) mod text;
pub(crate) mod user;
pub(crate) mod wallet;

use serde::Deserialize;

/// A command without a body, or with an empty object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
