//! `GET /problems/{code}`: what a problem means and what to do about it, as JSON or as a page. A problem's `type` leads
//! here.

use crate::{
    accept::Accept,
    answer::{self, Negotiated},
    path::Id,
    problem::{Code, Problem},
    view::problem::CodeView,
};

pub(crate) async fn get(
    Id(name): Id<String>,
    Accept(headers): Accept,
) -> Result<Negotiated<CodeView>, Problem> {
    let code = Code::named(&name).ok_or_else(|| Problem::not_found("problem"))?;
    let view = CodeView::from(code);
    Ok(answer::json_or_page(&headers, &view, &view.title, || {
        view.html()
    }))
}
