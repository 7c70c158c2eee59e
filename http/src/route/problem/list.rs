//! `GET /problems`: every problem that the API answers, as JSON or as a page.

use crate::{
    accept::Accept,
    answer::{self, Negotiated},
    problem::Code,
    view::problem::{CatalogueView, CodeView},
};

pub(crate) async fn list(Accept(headers): Accept) -> Negotiated<CatalogueView> {
    let items = Code::ALL.iter().copied().map(CodeView::from).collect();
    let catalogue = CatalogueView { items };
    answer::json_or_page(&headers, &catalogue, "Problems", || catalogue.html())
}
