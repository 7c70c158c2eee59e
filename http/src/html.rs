//! HTML pages: the frame, the style, and escaping.
//!
//! Invariant: every text from outside passes through [`escaped`] before it stands in a page.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

/// Builds a page for phones and for print. `title` and `body` are markup: they must be escaped already.
#[must_use]
pub fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    page(status, html)
}

/// Builds the answer with a page that is written already.
pub(crate) fn page(status: StatusCode, html: impl Into<Body>) -> Response {
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    // A page has its own style and no script, and text from outside is escaped.
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    response
}

pub(crate) fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE) == Some(&HTML)
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

const STYLE: &str = "body{font:17px/1.45 system-ui,sans-serif;margin:0;padding:1.25rem;color:#1d2433;background:#f6f7f9}\
main{max-width:26rem;margin:0 auto;background:#fff;border-radius:1rem;padding:1.25rem 1.5rem;box-shadow:0 1px 6px #0002}\
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1rem;margin:1.25rem 0 .25rem}ul{list-style:none;padding:.75rem 0;margin:.75rem 0;border-top:1px dashed #c5cad3;\
border-bottom:1px dashed #c5cad3}table{width:100%;border-collapse:collapse}td,th{padding:.3rem 0;text-align:left}\
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
th{border-top:1px solid #1d2433}small,s,.low,footer{color:#667085}.low td{font-size:.85rem;padding-top:0}\
button{font:inherit;width:100%;padding:.8rem;margin-top:.75rem;border-radius:.6rem;border:1px solid #1d4ed8;\
background:#1d4ed8;color:#fff}button.no{background:#fff;color:#1d2433;border-color:#c5cad3}a{color:#1d4ed8}\
.good{color:#067647}.bad{color:#b42318}footer{margin-top:1rem;font-size:.8rem;overflow-wrap:anywhere}\
@media print{body{background:#fff;padding:0}main{box-shadow:none}}";

/// Escapes a text so that it is harmless between tags and in quoted attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_bring_markup_in() {
        assert_eq!(escaped("<b>\"&'"), "&lt;b&gt;&quot;&amp;&#39;");
    }
}
