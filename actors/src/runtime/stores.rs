//! Known stores: added and changed by operators, listed for everybody.

use super::{Refusal, Runtime, bounds::STORE_CHARS, text::text};
use campusg_domain::{
    id::{StoreId, Stream},
    order::StoreRef,
    owner::directory::{Hours, Store, StoreChange, StoreCommand},
    stream::Meta,
};
use std::sync::Arc;

/// A store to be added.
#[derive(Clone, Debug)]
pub struct NewStore {
    /// 1 to 120 characters.
    pub name: String,
    /// The store's location, 1 to 120 characters.
    pub place: String,
    /// Opening hours; `None` means always open.
    pub hours: Option<Hours>,
    /// Whether the store takes no orders for now.
    pub paused: bool,
}

impl Runtime {
    /// Returns the known store that a customer describes by its name, so that its hours and pauses hold for it; any other
    /// store as it is.
    #[must_use]
    pub fn known_store(&self, store: StoreRef) -> StoreRef {
        match store {
            StoreRef::Described { name, place } => {
                let known = self.directory().store_called(&name, &place);
                known.map_or(StoreRef::Described { name, place }, StoreRef::Known)
            }
            StoreRef::Known(_) => store,
        }
    }

    /// Adds a store. Operators only.
    ///
    /// # Errors
    /// `InvalidField`, then as [`StoreCommand`] says.
    pub async fn create_store(&self, meta: Meta, store: NewStore) -> Result<StoreId, Refusal> {
        let named = Self::keyed_name(&meta).map(StoreId::from_bytes);
        let free = named.filter(|id| self.directory().store(*id).is_none());
        let id = free.unwrap_or_else(|| StoreId::from_bytes(self.fresh_name()));
        let create = StoreCommand::Create {
            name: text("name", &store.name, STORE_CHARS)?,
            place: text("place", &store.place, STORE_CHARS)?,
            hours: store.hours,
            paused: store.paused,
        };
        let seq = self.submit(meta, id, create).await?;
        let Stream::Store(store) = self.record_of(seq).await?.record.stream else {
            return Err(Refusal::Fault);
        };
        Ok(store)
    }

    /// Changes the given fields of a store. Operators only.
    ///
    /// # Errors
    /// `InvalidField`, then as [`StoreCommand`] says.
    pub async fn change_store(
        &self,
        meta: Meta,
        store: StoreId,
        mut change: StoreChange,
    ) -> Result<(), Refusal> {
        for (field, given) in [("name", &mut change.name), ("place", &mut change.place)] {
            if let Some(given) = given {
                *given = text(field, given, STORE_CHARS)?;
            }
        }
        let change = StoreCommand::Change(change);
        self.submit(meta, store, change).await.map(drop)
    }

    /// Returns every known store, sorted by id.
    #[must_use]
    pub fn stores(&self) -> Vec<(StoreId, Arc<Store>)> {
        let directory = self.directory();
        let stores = directory.stores();
        let mut stores: Vec<_> = stores.map(|(id, store)| (id, Arc::clone(store))).collect();
        stores.sort_unstable_by_key(|(id, _)| *id);
        stores
    }
}
