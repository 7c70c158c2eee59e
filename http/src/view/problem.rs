//! Views of the catalogue of problems.

use crate::{html::escaped, problem::Code};
use serde::Serialize;

/// Every problem that the API answers, by status.
#[derive(Debug, Serialize)]
pub(crate) struct CatalogueView {
    pub(crate) items: Vec<CodeView>,
}

/// A kind of problem.
#[derive(Debug, Serialize)]
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
