//! Request bodies and query strings. Unknown fields are refused everywhere.
//!
//! Must not: derive `Debug` for a type that contains a password, token, PIN or personal text.

pub(crate) mod admin;
pub(crate) mod dispute;
pub(crate) mod door;
pub(crate) mod gateway;
pub(crate) mod order;
pub(crate) mod proposal;
pub(crate) mod store;
pub(crate) mod text;
pub(crate) mod user;
pub(crate) mod wallet;

use serde::Deserialize;
use utoipa::ToSchema;

/// The body of a command without arguments: absent, or an empty object.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
