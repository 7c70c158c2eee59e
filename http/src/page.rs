//! Paging of lists: the limit and the cursor. A cursor is opaque: only one that this server gave out is accepted.

use crate::{problem::Problem, time};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use campusg_domain::{
    id::{OrderId, Seq},
    owner::inbox::NoticeId,
    time::At,
};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) const LARGEST: usize = 100;
/// Entries of a page if the caller gives no limit.
const USUAL: usize = 20;

/// A parsed query string; unknown parameters are refused.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let asked = Query::<T>::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Self(asked)).map_err(|fault| {
            let text = fault.to_string();
            let detail = text
                .rsplit_once("query string: ")
                .map_or(text.as_str(), |(_, why)| why);
            let problem = Problem::shape("invalid_query", in_words(detail));
            match field_of(detail) {
                Some(field) => problem.with("field", field),
                None => problem,
            }
        })
    }
}

/// Returns the parameter that serde's message is about: the message starts with it, or has it in backticks.
fn field_of(detail: &str) -> Option<&str> {
    let named = detail.split('`').nth(1);
    if detail.contains("unknown field")
        || detail.contains("missing field")
        || detail.contains("duplicate field")
    {
        return named;
    }
    detail.split_once(": ").map(|(field, _)| field)
}

fn in_words(detail: &str) -> String {
    detail
        .replace("invalid digit found in string", "must be a whole number")
        .replace(
            "cannot parse integer from empty string",
            "must be a whole number",
        )
        .replace(
            "number too large to fit in target type",
            "is too large a number",
        )
}

/// Checks the parameter `limit`; [`USUAL`] if it is absent.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=LARGEST => Ok(limit),
        _ => Err(
            Problem::shape("invalid_query", "limit: must be from 1 to 100").with("field", "limit"),
        ),
    }
}

/// Parses a time given as the parameter `field`.
pub(crate) fn moment(field: &str, text: &str) -> Result<At, Problem> {
    time::parse(text).ok_or_else(|| {
        Problem::shape(
            "invalid_query",
            format!("{field}: must be a time as 2026-03-01T12:30:00Z"),
        )
        .with("field", field)
    })
}

/// The place in a list after which the next page begins.
pub(crate) trait Cursor: Sized {
    /// The text that is given to the client.
    fn write(&self) -> String;
    /// Parses a text that was given out by [`write`](Self::write); `None` if it is none.
    fn read(text: &str) -> Option<Self>;
}

impl Cursor for OrderId {
    fn write(&self) -> String {
        self.as_bytes()
            .iter()
            .rev()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = digits
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()?;
        Some(Self::from_bytes(number.to_le_bytes()))
    }
}

impl Cursor for Seq {
    fn write(&self) -> String {
        format!("{:x}", self.0)
    }

    fn read(text: &str) -> Option<Self> {
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl Cursor for u16 {
    fn write(&self) -> String {
        format!("{self:x}")
    }

    fn read(text: &str) -> Option<Self> {
        Self::from_str_radix(text, 16).ok()
    }
}

impl Cursor for NoticeId {
    fn write(&self) -> String {
        format!("{:x}.{:x}", self.seq.0, self.index)
    }

    fn read(text: &str) -> Option<Self> {
        let (seq, index) = text.split_once('.')?;
        Some(Self {
            seq: Seq(u64::from_str_radix(seq, 16).ok()?),
            index: u16::from_str_radix(index, 16).ok()?,
        })
    }
}

/// Parses the parameter `cursor`.
pub(crate) fn cursor<C: Cursor>(asked: Option<&str>) -> Result<Option<C>, Problem> {
    let unknown = || {
        Problem::shape(
            "invalid_cursor",
            "use next_cursor of the page before, as it is",
        )
        .with("field", "cursor")
    };
    asked
        .map(|text| C::read(text).ok_or_else(unknown))
        .transpose()
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Cursor of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` entries. `last` is the cursor of its last entry; it is given out only if the page is
    /// full.
    pub(crate) fn new(items: Vec<T>, limit: usize, last: Option<impl Cursor>) -> Self {
        let full = items.len() >= limit;
        Self {
            items,
            next_cursor: last.filter(|_| full).map(|last| last.write()),
        }
    }

    /// A page whose source says itself where the next page begins.
    pub(crate) fn going_on(items: Vec<T>, next: Option<impl Cursor>) -> Self {
        Self {
            items,
            next_cursor: next.map(|next| next.write()),
        }
    }

    /// A list that is never split into pages.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back() {
        let order = OrderId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255]);
        assert_eq!(OrderId::read(&order.write()), Some(order));
        let notice = NoticeId {
            seq: Seq(u64::MAX),
            index: 7,
        };
        assert_eq!(NoticeId::read(&notice.write()), Some(notice));
        for forged in [
            "",
            "x",
            "+1234567890123456789012345678901",
            &order.to_string(),
        ] {
            assert!(cursor::<OrderId>(Some(forged)).is_err());
        }
    }

    #[test]
    fn a_limit_is_bounded() {
        assert_eq!(limit(None).ok(), Some(20));
        assert_eq!(limit(Some(100)).ok(), Some(100));
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(101)).is_err());
    }

    #[test]
    fn only_a_full_page_has_a_next() {
        let last = OrderId::from_bytes([9; 16]);
        assert!(Page::new(vec![1, 2], 2, Some(last)).next_cursor.is_some());
        assert!(Page::new(vec![1], 2, Some(last)).next_cursor.is_none());
        assert!(
            Page::new(Vec::<u8>::new(), 2, None::<OrderId>)
                .next_cursor
                .is_none()
        );
    }
}
