//! Routes under `/problems`, where the `type` of every problem leads.

pub(crate) mod get;
pub(crate) mod list;
