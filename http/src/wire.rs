//! Schemas of values that other crates define: ids, amounts, times, texts with a limit, and enums.
//!
//! Invariant: nothing is listed here that a type can say itself. The values of an enum are those that serde writes, and a
//! limit is the constant by which the value is checked.

mod codes;
mod text;

pub(crate) use codes::*;
pub(crate) use text::*;

use crate::{
    json::{Amount, Count, JsonText},
    time::Time,
};
use campusg_domain::money::Cents;
use serde_json::json;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type},
    },
};

/// Longest idempotency key, in bytes.
pub(crate) const KEY_BYTES: usize = 255;
/// Most entries of a page of a list.
pub(crate) const LARGEST_PAGE: usize = 100;

/// Declares names for schemas of values whose types can't say theirs.
macro_rules! wire {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let text = concat!($($doc),+).trim();
                $schema.description(Some(text)).build().into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}
pub(super) use wire;

wire! {
    /// Id of an order, and of its payment and escrow.
    OrderId = id();
    /// Id of a user.
    UserId = id();
    /// Id of a store.
    StoreId = id();
    /// Id of a photo.
    PhotoId = id();
    /// Id of a scheduled event.
    ScheduleId = id();
    /// Id of a session.
    SessionId = id();
    /// Code of a currency, as in ISO 4217.
    Currency = words().pattern(Some("^[A-Z]{3}$")).examples([json!("USD")]);
    /// The number of a part of its order: a proposal, a dispute, a message, a call.
    Number = whole().minimum(Some(0)).maximum(Some(u16::MAX)).examples([json!(1)]);
    /// An entity tag.
    Tag = words().examples([json!("\"7-5d3f0b1c\"")]);
    /// Entity tags with commas between them, or `*`.
    Tags = words().examples([json!("\"7-5d3f0b1c\"")]);
    /// Visible ASCII characters.
    IdempotencyKey = words()
        .min_length(Some(1))
        .max_length(Some(KEY_BYTES))
        .pattern(Some("^[!-~]+$"))
        .examples([json!("9b2f6c1e-7a44-4b0f-8a57-3f0f6f5f7f11")]);
    /// Most entries of a page.
    Limit = whole().minimum(Some(1)).maximum(Some(LARGEST_PAGE)).examples([json!(20)]);
    /// A text.
    Word = words();
    /// Any JSON.
    AnyJson = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    /// A jpeg, png or webp.
    Picture = words().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
}

fn words() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn whole() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

fn id() -> ObjectBuilder {
    words()
        .format(Some(SchemaFormat::Custom("uuid".into())))
        .examples([json!("0198f2c4-6d1e-7c3a-9b52-1f0e8a7d6c5b")])
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let schema = words().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let text = "RFC 3339; answered in UTC, and taken with any offset from 1970 on.";
        let schema = schema.examples([json!("2026-03-01T12:30:00.000Z")]);
        schema.description(Some(text)).build().into()
    }
}

impl ToSchema for Time {}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let schema = whole().minimum(Some(0)).maximum(Some(Cents::MAX_INPUT.0));
        let text = "A whole number of the smallest unit of the currency; which amounts fit, the server's policy says.";
        let schema = schema.examples([json!(1_250)]);
        schema.description(Some(text)).build().into()
    }
}

impl ToSchema for Amount {}

impl PartialSchema for Count {
    fn schema() -> RefOr<Schema> {
        let schema = whole().minimum(Some(0)).maximum(Some(u32::MAX));
        let text = "A number of pieces; how many fit, the server's policy says.";
        let schema = schema.examples([json!(2)]);
        schema.description(Some(text)).build().into()
    }
}

impl ToSchema for Count {}

impl PartialSchema for JsonText {
    fn schema() -> RefOr<Schema> {
        AnyJson::schema()
    }
}

impl ToSchema for JsonText {}

/// The fields of `T`, each of which may be absent: for an `Option<T>` that is flattened. utoipa names generic types its own
/// way, so a field names this one by an alias.
pub(crate) struct Maybe<T>(std::marker::PhantomData<T>);

impl<T: ToSchema> PartialSchema for Maybe<T> {
    fn schema() -> RefOr<Schema> {
        match T::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.required.clear();
                object.into()
            }
            other @ (RefOr::Ref(_) | RefOr::T(_)) => other,
        }
    }
}

impl<T: ToSchema> ToSchema for Maybe<T> {
    fn name() -> Cow<'static, str> {
        format!("Maybe{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
