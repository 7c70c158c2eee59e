//! Paging of lists: the limit and the cursor. A cursor is opaque: only one that this server gave out is accepted.

use crate::{
    problem::{Code, Problem},
    time,
    wire::{self, LARGEST_PAGE},
};
use axum::{
    extract::{FromRequestParts, Query},
    http::{Uri, request::Parts},
};
use campusg_domain::{
    id::{OrderId, ScheduleId, Seq, SessionId, StoreId, UserId},
    money::{Account, TransferId},
    owner::inbox::NoticeId,
    time::At,
    timer::TimerKind,
};
use serde::{
    Deserialize, Serialize,
    de::{
        DeserializeOwned, IntoDeserializer,
        value::{self, StrDeserializer},
    },
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, Ref, SchemaType, Type},
    },
};

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
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The query string of a list: what is asked, and which page of it. Every list is read through it.
pub(crate) struct Listed<T = NoParameters> {
    pub(crate) asked: T,
    pub(crate) paging: Paging,
}

/// The parameters `limit` and `cursor` of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    #[schema(value_type = Option<wire::Limit>)]
    limit: Option<usize>,
    cursor: Option<String>,
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Listed<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let is_paging = |part: &&str| {
            let name = form_urlencoded::parse(part.as_bytes()).next();
            matches!(name, Some((name, _)) if name == "limit" || name == "cursor")
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
        limit(self.limit.or(Some(LARGEST_PAGE)))
    }

    /// The place after which the page begins.
    pub(crate) fn cursor<C: Cursor>(&self) -> Result<Option<C>, Problem> {
        cursor(self.cursor.as_deref())
    }

    /// The page of a list that is in memory, in the order of its places; the whole list if the caller gave neither limit
    /// nor cursor. What is added or taken away between two pages moves no other entry to another page.
    pub(crate) fn of<S, C: Cursor + Ord, T>(
        &self,
        mut list: Vec<S>,
        place: impl Fn(&S) -> C,
        view: impl FnMut(&S) -> T,
    ) -> Result<Page<T>, Problem> {
        let after: Option<C> = self.cursor()?;
        let most = match (self.limit, &after) {
            (None, None) => list.len(),
            _ => self.limit_or_largest()?,
        };
        list.retain(|one| after.as_ref().is_none_or(|after| place(one) > *after));
        list.sort_unstable_by_key(&place);
        Ok(Page::of_one_more(list, most, place, view))
    }
}

fn parsed<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri = Uri::try_from(format!("/?{query}"));
    let uri = uri.map_err(|_| Problem::new(Code::InvalidQuery, "can't be read"))?;
    let asked = Query::<T>::try_from_uri(&uri);
    asked.map(|Query(asked)| asked).map_err(|fault| {
        let text = fault.to_string();
        let detail = text
            .rsplit_once("query string: ")
            .map_or(text.as_str(), |(_, why)| why);
        let problem = Problem::new(Code::InvalidQuery, in_words(detail));
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
        limit @ 1..=LARGEST_PAGE => Ok(limit),
        _ => Err(
            Problem::new(Code::InvalidQuery, "limit: must be from 1 to 100").with("field", "limit"),
        ),
    }
}

/// Parses a time given as the parameter `field`.
pub(crate) fn moment(field: &str, text: &str) -> Result<At, Problem> {
    time::parse(text).ok_or_else(|| {
        Problem::new(
            Code::InvalidQuery,
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

/// Reads a number as it is written by `{:x}`.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(text, 16).ok();
    number.filter(|_| digits)
}

macro_rules! cursors {
    ($($id:ty),*) => {$(
        impl Cursor for $id {
            fn write(&self) -> String {
                write_id(self.as_bytes())
            }

            fn read(text: &str) -> Option<Self> {
                read_id(text).map(Self::from_bytes)
            }
        }
    )*};
}

cursors!(OrderId, ScheduleId, SessionId, StoreId, UserId);

/// A cursor of two parts, of which the first decides the order and the second tells equals apart.
impl<A: Cursor, B: Cursor> Cursor for (A, B) {
    fn write(&self) -> String {
        format!("{}.{}", self.0.write(), self.1.write())
    }

    fn read(text: &str) -> Option<Self> {
        let (first, second) = text.split_once('.')?;
        Some((A::read(first)?, B::read(second)?))
    }
}

impl Cursor for At {
    fn write(&self) -> String {
        format!("{:x}", self.0)
    }

    fn read(text: &str) -> Option<Self> {
        number(text).map(Self)
    }
}

impl Cursor for TimerKind {
    fn write(&self) -> String {
        self.as_str().into()
    }

    fn read(text: &str) -> Option<Self> {
        let name: StrDeserializer<'_, value::Error> = text.into_deserializer();
        Self::deserialize(name).ok()
    }
}

impl Cursor for Account {
    fn write(&self) -> String {
        match self {
            Self::Gateway => "g".into(),
            Self::Receivable(user) => format!("d{}", user.write()),
            Self::Escrow(order) => format!("e{}", order.write()),
            Self::Payable(user) => format!("w{}", user.write()),
            Self::Revenue => "r".into(),
            Self::Goodwill => "l".into(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_at_checked(1)?;
        match (kind, id) {
            ("g", "") => Some(Self::Gateway),
            ("d", id) => Cursor::read(id).map(Self::Receivable),
            ("e", id) => Cursor::read(id).map(Self::Escrow),
            ("w", id) => Cursor::read(id).map(Self::Payable),
            ("r", "") => Some(Self::Revenue),
            ("l", "") => Some(Self::Goodwill),
            _ => None,
        }
    }
}

impl Cursor for Seq {
    fn write(&self) -> String {
        format!("{:x}", self.0)
    }

    fn read(text: &str) -> Option<Self> {
        number(text).map(Self)
    }
}

impl Cursor for u16 {
    fn write(&self) -> String {
        format!("{self:x}")
    }

    fn read(text: &str) -> Option<Self> {
        number(text)?.try_into().ok()
    }
}

impl Cursor for NoticeId {
    fn write(&self) -> String {
        (self.seq, self.index).write()
    }

    fn read(text: &str) -> Option<Self> {
        let (seq, index) = Cursor::read(text)?;
        Some(Self { seq, index })
    }
}

impl Cursor for TransferId {
    fn write(&self) -> String {
        (self.seq, self.place).write()
    }

    fn read(text: &str) -> Option<Self> {
        let (seq, place) = Cursor::read(text)?;
        Some(Self { seq, place })
    }
}

/// Parses the parameter `cursor`.
fn cursor<C: Cursor>(asked: Option<&str>) -> Result<Option<C>, Problem> {
    let unknown = || {
        Problem::new(
            Code::InvalidCursor,
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

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The `cursor` of the next page; null on the last one."));
        ObjectBuilder::new()
            .property("items", items)
            .required("items")
            .property("next_cursor", next)
            .required("next_cursor")
            .build()
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("PageOf{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests;
