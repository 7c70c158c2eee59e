//! Routes of the contract: the document, and a page of it.

pub(crate) mod docs;
pub(crate) mod openapi;
