//! Content negotiation: which of the offered content types the header `Accept` prefers (RFC 9110, section 12.5.1).

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::convert::Infallible;

pub(crate) const JSON: &str = "application/json";
pub(crate) const HTML: &str = "text/html";

/// The headers of a request, of which `Accept` is looked at.
pub(crate) struct Accept(pub(crate) HeaderMap);

impl<S: Sync> FromRequestParts<S> for Accept {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.clone()))
    }
}

/// Returns the offered content type of the highest quality; of several, the first offered. The first offered too if none
/// is accepted: an answer in another type than the wanted one is of more use than none.
pub(crate) fn preferred<'a>(headers: &HeaderMap, offered: &[&'a str]) -> &'a str {
    let lines = headers.get_all(header::ACCEPT).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let ranges: Vec<Range> = lines
        .iter()
        .flat_map(|line| line.split(','))
        .filter_map(Range::read)
        .collect();
    let (first, others) = offered.split_first().expect("something is offered");
    let (mut best, mut most) = (*first, quality(&ranges, first));
    for kind in others {
        let quality = quality(&ranges, kind);
        if quality > most {
            (best, most) = (kind, quality);
        }
    }
    best
}

/// The quality of a content type in thousandths: that of the most specific range that it is in; 0 if it is in none.
fn quality(ranges: &[Range], kind: &str) -> u16 {
    let fitting = ranges.iter().filter(|range| range.contains(kind));
    let specific = fitting.max_by_key(|range| range.specificity());
    specific.map_or(0, |range| range.quality)
}

/// A media range, as `text/*;q=0.5`.
struct Range<'a> {
    kind: &'a str,
    subkind: &'a str,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    /// `None` for what is no media range. One with parameters other than `q` counts as the type without them.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subkind) = parts.next()?.split_once('/')?;
        let mut quality = 1_000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if name.trim().eq_ignore_ascii_case("q") {
                quality = thousandths(value.trim())?;
            }
        }
        Some(Self {
            kind,
            subkind,
            quality,
        })
    }

    fn contains(&self, wanted: &str) -> bool {
        let (kind, subkind) = wanted.split_once('/').unwrap_or_default();
        let is = |own: &str, wanted: &str| own == "*" || own.eq_ignore_ascii_case(wanted);
        is(self.kind, kind) && is(self.subkind, subkind)
    }

    fn specificity(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subkind != "*")
    }
}

/// Parses a quality from `0` to `1` with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.bytes().all(|byte| byte.is_ascii_digit()) && decimals.len() <= 3;
    if !digits {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn of(lines: &[&'static str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, line.parse().unwrap());
        }
        preferred(&headers, &[JSON, HTML])
    }

    #[test]
    fn d3_the_highest_quality_decides() {
        for lines in [
            &["text/html"][..],
            &["application/json;q=0.1, text/html"],
            &["application/json;q=0.1", "text/html;q=0.101"],
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
            &["text/*, application/*;q=0.5"],
            &["TEXT/HTML ; Q=0.3 , application/json ; q=0.2"],
            &["*/*, application/json;q=0"],
            &["text/html;level=1;q=0.4, */*;q=0.3"],
        ] {
            assert_eq!(of(lines), HTML, "{lines:?}");
        }
        for lines in [
            &[][..],
            &[""],
            &["*/*"],
            &["text/html, application/json"],
            &["text/html;q=0.1, application/json"],
            &["text/html;q=0"],
            &["text/html;q=0.5, */*"],
            &["text/*;q=0.4, application/json;q=0.5"],
            &["image/png"],
            &["text/html;q=2"],
            &["text/html;q=0.1234"],
            &["text/html;q=x"],
            &["html"],
        ] {
            assert_eq!(of(lines), JSON, "{lines:?}");
        }
    }
}
