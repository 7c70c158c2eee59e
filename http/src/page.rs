//! Paging of lists: the limit and the cursor. A cursor is opaque: only one that this server gave out is accepted.

use crate::{problem::Problem, time};
use axum::{
    extract::{FromRequestParts, Query},
    http::{Uri, request::Parts},
};
use campusg_domain::{
    id::{OrderId, ScheduleId, Seq},
    owner::inbox::NoticeId,
    time::At,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Most entries of a page.
const LARGEST: usize = 100;
/// Entries of a page if the caller gives no limit.
const USUAL: usize = 20;

/// A parsed query string; unknown parameters are refused.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parsed(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The query string of what has no parameters of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The query string of a list: what is asked, and which page of it. Every list is read through it.
pub(crate) struct Listed<T = NoParameters> {
    pub(crate) asked: T,
    pub(crate) paging: Paging,
}

/// The parameters `limit` and `cursor` of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Listed<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let is_paging = |part: &&str| {
            let name = part.split('=').next();
            matches!(name, Some("limit" | "cursor"))
        };
        let (paging, asked): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_paging);
        let listed = Self {
            paging: parsed(&paging.join("&"))?,
            asked: parsed(&asked.join("&"))?,
        };
        listed.paging.limit()?;
        Ok(listed)
    }
}

impl Paging {
    /// The most entries of the page; [`USUAL`] if the caller gave no limit.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }

    /// As [`limit`](Self::limit), but as many as there may be if the caller gave none.
    pub(crate) fn limit_or_largest(&self) -> Result<usize, Problem> {
        limit(self.limit.or(Some(LARGEST)))
    }

    /// The place after which the page begins.
    pub(crate) fn cursor<C: Cursor>(&self) -> Result<Option<C>, Problem> {
        cursor(self.cursor.as_deref())
    }

    /// The page of a list that is in memory; the whole list if the caller gave neither limit nor cursor.
    pub(crate) fn of<T>(&self, list: Vec<T>) -> Result<Page<T>, Problem> {
        let Offset(begin) = self.cursor()?.unwrap_or_default();
        let most = match (self.limit, begin) {
            (None, 0) => list.len(),
            _ => self.limit_or_largest()?,
        };
        let end = begin.saturating_add(most);
        let next = (end < list.len()).then_some(Offset(end));
        let items = list.into_iter().skip(begin).take(most).collect();
        Ok(Page::going_on(items, next))
    }
}

fn parsed<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri = Uri::try_from(format!("/?{query}"));
    let uri = uri.map_err(|_| Problem::shape("invalid_query", "can't be read"))?;
    let asked = Query::<T>::try_from_uri(&uri);
    asked.map(|Query(asked)| asked).map_err(|fault| {
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

/// Refuses any parameter, for routes that take none.
pub(crate) fn refuse_parameters(uri: &Uri) -> Result<(), Problem> {
    match uri.query() {
        Some(query) => parsed::<NoParameters>(query).map(|NoParameters {}| ()),
        None => Ok(()),
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
fn limit(asked: Option<usize>) -> Result<usize, Problem> {
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

/// Writes an id backwards, so that nobody takes it for one.
fn write_id(bytes: &[u8; 16]) -> String {
    bytes
        .iter()
        .rev()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read_id(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let number = digits
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()?;
    Some(number.to_le_bytes())
}

impl Cursor for OrderId {
    fn write(&self) -> String {
        write_id(self.as_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        read_id(text).map(Self::from_bytes)
    }
}

impl Cursor for ScheduleId {
    fn write(&self) -> String {
        write_id(self.as_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        read_id(text).map(Self::from_bytes)
    }
}

/// How many entries of a list in memory were on the pages before.
#[derive(Clone, Copy, Debug, Default)]
struct Offset(usize);

impl Cursor for Offset {
    fn write(&self) -> String {
        format!("n{:x}", self.0)
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('n')?;
        let is_plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = usize::from_str_radix(digits, 16).ok();
        number.filter(|_| is_plain).map(Self)
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
fn cursor<C: Cursor>(asked: Option<&str>) -> Result<Option<C>, Problem> {
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
    /// A page of at most `limit` entries, of which one more was read to see whether there is a next page.
    pub(crate) fn of_one_more<S, C: Cursor>(
        mut read: Vec<S>,
        limit: usize,
        place: impl Fn(&S) -> C,
        view: impl FnMut(&S) -> T,
    ) -> Self {
        let more = read.len() > limit;
        read.truncate(limit);
        let next = read.last().filter(|_| more).map(place);
        Self::going_on(read.iter().map(view).collect(), next)
    }

    /// A page whose source says itself where the next page begins.
    pub(crate) fn going_on(items: Vec<T>, next: Option<impl Cursor>) -> Self {
        Self {
            items,
            next_cursor: next.map(|next| next.write()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
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

    fn paging(query: &str) -> Result<Paging, Problem> {
        parsed(query)
    }

    #[test]
    fn d5_a_cursor_never_points_to_nothing() {
        let page = |read: Vec<u64>| Page::of_one_more(read, 2, |one| Seq(*one), |one| *one);
        assert_eq!(page(vec![1, 2, 3]).items, [1, 2]);
        assert_eq!(page(vec![1, 2, 3]).next_cursor, Some(Seq(2).write()));
        assert_eq!(page(vec![1, 2]).next_cursor, None);
        assert_eq!(page(vec![]).next_cursor, None);
    }

    #[test]
    fn d5_a_list_in_memory_is_read_in_pages_too() {
        let list: Vec<u32> = (0..5).collect();
        for limit in 1..=6 {
            let (mut read, mut query) = (vec![], format!("limit={limit}"));
            let mut pages = 0;
            loop {
                let asked = paging(&query).unwrap();
                let page = asked.of(list.clone()).unwrap();
                assert!(!page.items.is_empty() && page.items.len() <= limit);
                read.extend(page.items);
                pages += 1;
                let Some(next) = page.next_cursor else { break };
                query = format!("limit={limit}&cursor={next}");
            }
            assert_eq!(
                (&read, pages),
                (&list, list.len().div_ceil(limit)),
                "{limit}"
            );
        }
        let whole = paging("").unwrap().of(vec![0; 500]).unwrap();
        assert_eq!((whole.items.len(), whole.next_cursor), (500, None));
        for wrong in ["cursor=1", "cursor=n", "cursor=n+1", "cursor=", "limit=0"] {
            assert!(paging(wrong).unwrap().of(list.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn d5_unknown_and_doubled_parameters_are_refused() {
        for wrong in [
            "page=1",
            "Limit=1",
            "limit=1&limit=2",
            "limit=x",
            "%6Cimi=1",
        ] {
            assert_eq!(paging(wrong).unwrap_err().code, "invalid_query", "{wrong}");
        }
        assert!(parsed::<NoParameters>("").is_ok());
        let refused = parsed::<NoParameters>("x=1").err();
        assert_eq!(
            refused.map(|it| it.extra["field"].clone()),
            Some("x".into())
        );
    }
}
