//! What each extractor asks of a request.

use super::Described;
use crate::{
    accept::Accept,
    app_state::AppState,
    auth::{LoadedOrder, Me},
    call::{Call, GatewayCall, KEY, KeyedCall, OpenCall, Upload},
    dto::gateway::GatewayEventIn,
    live::Listening,
    page::{Asked, Listed, Paging},
    path::{Id, Within},
    problem::Code,
    tag::IfNoneMatch,
    wire,
};
use axum::extract::State;
use campusg_actors::runtime::GatewayEvent;
use campusg_domain::id::{OrderId, PhotoId, ScheduleId, StoreId, UserId};
use utoipa::{PartialSchema, ToSchema, openapi::Content};

/// An extractor that says what it asks of a request.
pub(crate) trait Asks {
    fn describe(described: &mut Described);
}

/// A parameter of a path.
pub(crate) trait Named {
    type Schema: PartialSchema;
}

macro_rules! named {
    ($($of:ty => $schema:ty;)*) => {$(
        impl Named for $of {
            type Schema = $schema;
        }
    )*};
}

named! {
    OrderId => wire::OrderId;
    UserId => wire::UserId;
    StoreId => wire::StoreId;
    PhotoId => wire::PhotoId;
    ScheduleId => wire::ScheduleId;
    u16 => u16;
    String => wire::Word;
}

/// What the gate has found out costs the request nothing more, and `Accept` is told by the content types of the answer.
macro_rules! nothing_more {
    ($($of:ty),*) => {$(
        impl Asks for $of {
            fn describe(_: &mut Described) {}
        }
    )*};
}

nothing_more!(State<AppState>, Me, LoadedOrder, Accept);

impl<T: Named> Asks for Id<T> {
    fn describe(described: &mut Described) {
        described.in_path::<T::Schema>();
    }
}

impl<T: Named, N: Named> Asks for Within<T, N> {
    fn describe(described: &mut Described) {
        described.in_path::<T::Schema>();
        described.in_path::<N::Schema>();
    }
}

impl<T: ToSchema> Asks for Asked<T> {
    fn describe(described: &mut Described) {
        described.query::<T>();
    }
}

impl<T: ToSchema> Asks for Listed<T> {
    fn describe(described: &mut Described) {
        described.query::<T>();
        described.query::<Paging>();
        described.problems.insert(Code::InvalidCursor);
    }
}

impl Asks for Listening {
    fn describe(described: &mut Described) {
        let text = "The id of the last event that the caller has: the stream goes on after it.";
        described.header::<wire::Word>("Last-Event-ID", text, false);
        described
            .problems
            .extend([Code::InvalidLastEventId, Code::TooManyRequests]);
    }
}

impl Asks for IfNoneMatch {
    fn describe(described: &mut Described) {
        let text =
            "The `ETag` of what the caller has: the answer is then 304, unless something changed.";
        described.header::<wire::Tags>("If-None-Match", text, false);
    }
}

impl<T: ToSchema> Asks for Call<T> {
    fn describe(described: &mut Described) {
        described.json_body::<T>();
        keyed(described, false);
    }
}

impl<T: ToSchema> Asks for KeyedCall<T> {
    fn describe(described: &mut Described) {
        described.json_body::<T>();
        keyed(described, true);
    }
}

impl<T: ToSchema> Asks for OpenCall<T> {
    fn describe(described: &mut Described) {
        described.json_body::<T>();
    }
}

impl Asks for GatewayCall<GatewayEvent> {
    fn describe(described: &mut Described) {
        described.json_body::<GatewayEventIn>();
        for (name, text) in [
            ("webhook-id", "The message's id."),
            (
                "webhook-timestamp",
                "When it was sent, in seconds since 1970.",
            ),
            (
                "webhook-signature",
                "`v1,` and the signature in base64; several with blanks between them.",
            ),
        ] {
            described.header::<wire::Word>(name, text, true);
        }
    }
}

impl Asks for Upload {
    fn describe(described: &mut Described) {
        let content = Content::new(Some(wire::Picture::schema()));
        described.body_of("image/*", content, true);
        described
            .problems
            .extend([Code::UnsupportedMediaType, Code::InvalidField]);
        keyed(described, false);
    }
}

fn keyed(described: &mut Described, is_needed: bool) {
    let text = "A key of the caller's own making, the same one when the request is repeated: nothing is then done twice.";
    described.header::<wire::IdempotencyKey>(KEY, text, is_needed);
    described.problems.extend([
        Code::InvalidIdempotencyKey,
        Code::KeyReused,
        Code::TooManyKeys,
    ]);
    if is_needed {
        described.problems.insert(Code::IdempotencyKeyRequired);
    }
}
