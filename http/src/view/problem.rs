//! Views of the catalogue of problems.

use super::platform::{ConditionName, GatewayView};
use crate::{html::escaped, problem::Code, time::Time, wire};
use serde::Serialize;
use utoipa::ToSchema;

/// Every problem that the API answers, by status.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueView {
    pub(crate) items: Vec<CodeView>,
}

/// A kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeView {
    /// The stable name.
    code: &'static str,
    /// The `type` of such a problem: the address of this page.
    r#type: String,
    pub(crate) title: String,
    /// The HTTP status.
    status: u16,
    /// What has happened.
    meaning: &'static str,
    /// What the caller does about it.
    remedy: &'static str,
}

impl From<Code> for CodeView {
    fn from(code: Code) -> Self {
        Self {
            code: code.name(),
            r#type: code.page(),
            title: code.title(),
            status: code.status().as_u16(),
            meaning: code.meaning(),
            remedy: code.remedy(),
        }
    }
}

impl CatalogueView {
    /// The list as the body of a page.
    pub(crate) fn html(&self) -> String {
        let line = |view: &CodeView| {
            format!(
                "<li>{} <a href=\"{}\">{}</a><br><small>{}</small></li>",
                view.status,
                view.r#type,
                view.code,
                marked_up(view.meaning)
            )
        };
        let lines: String = self.items.iter().map(line).collect();
        format!("<ul>{lines}</ul>")
    }
}

impl CodeView {
    /// The problem as the body of a page.
    pub(crate) fn html(&self) -> String {
        format!(
            "<p><code>{}</code>, status {}</p><p>{}</p><p>{}</p><footer><a href=\"/problems\">All problems</a></footer>",
            self.code,
            self.status,
            marked_up(self.meaning),
            marked_up(self.remedy)
        )
    }
}

/// An error, as RFC 9457 has it, with members for what the caller can use.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "only its schema is of interest: a problem is written as it travels"
)]
pub(crate) struct ProblemView {
    /// The address of a page about this kind of problem.
    r#type: String,
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// The stable name of this kind of problem.
    code: String,
    /// The request's path.
    instance: Option<String>,
    /// The request's id, with a 5xx.
    request_id: Option<String>,
    /// The path of the field, or the parameter, that is wrong.
    field: Option<String>,
    /// The header that is wrong.
    header: Option<String>,
    /// Where JSON is malformed.
    line: Option<u64>,
    column: Option<u64>,
    #[schema(value_type = Option<wire::OrderId>)]
    order_id: Option<()>,
    /// Where the order stands; absent for whoever may not know it.
    #[schema(value_type = Option<wire::Status>)]
    order_status: Option<()>,
    /// What this caller can do with the order now.
    allowed_transitions: Option<Vec<String>>,
    /// The order's present version.
    version: Option<u32>,
    /// What cancelling costs now.
    quote: Option<PresentQuote>,
    approved_total_cents: Option<i64>,
    owed_cents: Option<i64>,
    available_cents: Option<i64>,
    losses_cents: Option<i64>,
    /// What a new payment method would be charged at once.
    new_payment_method_pays_cents: Option<i64>,
    limit: Option<u32>,
    /// Most bytes that the body may have.
    limit_bytes: Option<usize>,
    /// When it is no longer too early.
    #[schema(value_type = Option<Time>)]
    opens_at: Option<()>,
    tries_left: Option<u8>,
    /// How far the clock was set back.
    ms: Option<u64>,
    /// Of a server that is not ready, as in `GET /health/ready`.
    archive: Option<bool>,
    #[schema(value_type = Option<ConditionName>)]
    snapshots: Option<()>,
    lag_records: Option<u64>,
    gateway: Option<GatewayView>,
    /// The time that goes on as if the clock had not jumped.
    #[schema(value_type = Option<Time>)]
    now: Option<()>,
    /// What the system's clock shows.
    #[schema(value_type = Option<Time>)]
    clock_shows: Option<()>,
}

/// What cancelling costs now.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct PresentQuote {
    charge_cents: i64,
    to_runner_cents: i64,
    to_platform_cents: i64,
    let_go_cents: i64,
}

/// Escapes a sentence, and shows what stands between backticks as code.
pub(crate) fn marked_up(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    parts
        .map(|(place, part)| match place % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_shown_as_code_and_nothing_as_markup() {
        assert_eq!(
            marked_up("a `b<c>` <d>"),
            "a <code>b&lt;c&gt;</code> &lt;d&gt;"
        );
        assert_eq!(marked_up(""), "");
    }

    #[test]
    fn every_problem_leads_to_its_page() {
        let view = CodeView::from(Code::KeyReused);
        assert_eq!(view.r#type, "/problems/key_reused");
        let page = CatalogueView { items: vec![view] }.html();
        assert!(page.contains("href=\"/problems/key_reused\""), "{page}");
    }
}
