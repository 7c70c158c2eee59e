//! `GET /problems`: every problem that the API answers, as JSON or as a page.

use crate::{
    answer,
    problem::Code,
    view::problem::{CatalogueView, CodeView},
};
use axum::{http::HeaderMap, response::Response};

pub(crate) async fn list(headers: HeaderMap) -> Response {
    let items = Code::ALL.iter().copied().map(CodeView::from).collect();
    let catalogue = CatalogueView { items };
    answer::json_or_page(&headers, &catalogue, "Problems", || catalogue.html())
}
