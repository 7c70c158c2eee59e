//! Views of known stores.

use crate::{
    dto::store::{Minute, Weekday},
    wire,
};
use campusg_domain::{
    id::StoreId,
    owner::directory::{OpenSpan, Store},
    policy::Policy,
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownStoreView {
    #[schema(value_type = wire::StoreId)]
    id: StoreId,
    name: String,
    place: String,
    paused: bool,
    /// In the campus's local time; null if not given, in which case the store counts as always open.
    hours: Option<Vec<SpanView>>,
    /// The campus's local time less UTC, in minutes.
    utc_offset_minutes: i32,
    /// Whether the store takes orders now: within its hours and not paused.
    open: bool,
}

/// A span of one weekday in which a store is open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpanView {
    weekday: Weekday,
    #[schema(value_type = wire::Minute)]
    from: Minute,
    #[schema(value_type = wire::Minute)]
    to: Minute,
}

impl KnownStoreView {
    pub(crate) fn of(id: StoreId, store: &Store, policy: &Policy, now: At) -> Self {
        let utc_offset_minutes = policy.utc_offset_minutes;
        let hours = store.hours.as_ref();
        let open = hours.is_none_or(|hours| hours.is_open(now, utc_offset_minutes));
        Self {
            id,
            name: store.name.clone(),
            place: store.place.clone(),
            paused: store.paused,
            hours: hours.map(|hours| hours.0.iter().map(SpanView::from).collect()),
            utc_offset_minutes,
            open: open && !store.paused,
        }
    }
}

impl From<&OpenSpan> for SpanView {
    fn from(span: &OpenSpan) -> Self {
        Self {
            weekday: Weekday::of(span.weekday),
            from: Minute(span.from_minute),
            to: Minute(span.to_minute),
        }
    }
}
