//! Stores known to the campus.

use campusg_domain::{id::StoreId, owner::directory::Store};
use serde::Serialize;
use std::sync::Arc;

/// A store.
#[derive(Debug, Serialize)]
pub(crate) struct KnownStoreView {
    id: StoreId,
    name: String,
    place: String,
    paused: bool,
}

impl From<&(StoreId, Arc<Store>)> for KnownStoreView {
    fn from((id, store): &(StoreId, Arc<Store>)) -> Self {
        Self {
            id: *id,
            name: store.name.clone(),
            place: store.place.clone(),
            paused: store.paused,
        }
    }
}
