//! Routes of an order's proposals, one per file.

pub(crate) mod approve;
pub(crate) mod drop_item;
pub(crate) mod other_store;
pub(crate) mod propose;
pub(crate) mod reject;
pub(crate) mod withdraw;
