//! `GET /problems/{code}`: what a problem means and what to do about it, as JSON or as a page. A problem's `type` leads
//! here.

use crate::{
    answer::{self, Negotiated},
    path::Id,
    problem::{Code, Problem},
    view::problem::CodeView,
};
use axum::http::HeaderMap;

pub(crate) async fn get(
    Id(name): Id<String>,
    headers: HeaderMap,
) -> Result<Negotiated<CodeView>, Problem> {
    let code = Code::named(&name).ok_or_else(|| Problem::not_found("problem"))?;
    let view = CodeView::from(code);
    Ok(answer::json_or_page(&headers, &view, &view.title, || {
        view.html()
    }))
}
