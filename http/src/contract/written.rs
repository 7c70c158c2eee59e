//! The document as it is sent. It is written once, when it is first asked for.

use super::{Row, document::document};
use crate::view;
use axum::body::Bytes;
use std::sync::OnceLock;

static ROUTES: OnceLock<fn() -> Vec<Row>> = OnceLock::new();
static WRITTEN: OnceLock<Written> = OnceLock::new();

/// The contract of every route of the product.
pub(crate) struct Written {
    /// As OpenAPI 3.1.
    pub(crate) text: Bytes,
    /// As a page.
    pub(crate) page: Bytes,
}

/// Says whose contract it is. Whoever builds the router does, before anything is asked.
pub(crate) fn is_of(routes: fn() -> Vec<Row>) {
    ROUTES.get_or_init(|| routes);
}

/// Returns the contract.
pub(crate) fn written() -> &'static Written {
    WRITTEN.get_or_init(|| {
        let routes = ROUTES.get().expect("the router says whose contract it is");
        let document = document(&routes());
        let value = serde_json::to_value(&document).expect("a document is plain data");
        Written {
            text: value.to_string().into(),
            page: view::docs::page(&value).into(),
        }
    })
}
