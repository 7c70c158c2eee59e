//! Routes of the contract: the document, and a page of it.

pub(crate) mod openapi;
pub(crate) mod page;
