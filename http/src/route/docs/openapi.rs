//! `GET /api/openapi.json`: the contract of the API, as OpenAPI 3.1.

use crate::{
    answer::{self, Document},
    contract::written,
};

pub(crate) async fn openapi() -> Document {
    answer::document(&written().text)
}
