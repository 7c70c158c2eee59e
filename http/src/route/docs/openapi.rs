//! `GET /api/openapi.json`: the contract of the API, as OpenAPI 3.1.

use crate::{
    answer::{self, Document},
    router::contract,
};

pub(crate) async fn openapi() -> Document {
    answer::document(&contract().text)
}
