//! Stores: made known and changed by operators, listed for everybody.

use super::{Refusal, Runtime, text::text};
use campusg_domain::{
    id::StoreId,
    owner::directory::{Hours, Store, StoreChange, StoreCommand},
    stream::Meta,
};
use std::sync::Arc;

/// Characters of a store's name and place.
const STORE_CHARS: usize = 120;

/// A store that is to be made known.
#[derive(Clone, Debug)]
pub struct NewStore {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// When it is open; `None` counts as always.
    pub hours: Option<Hours>,
    /// Whether it takes no orders.
    pub paused: bool,
}

impl Runtime {
    /// Makes a store known. Operators only.
    ///
    /// # Errors
    /// `InvalidField`, then as [`StoreCommand`] says.
    pub async fn create_store(&self, meta: Meta, store: NewStore) -> Result<StoreId, Refusal> {
        let id = StoreId::from_bytes(self.new_name(&meta));
        let create = StoreCommand::Create {
            name: text("name", &store.name, STORE_CHARS)?,
            place: text("place", &store.place, STORE_CHARS)?,
            hours: store.hours,
            paused: store.paused,
        };
        self.submit(meta, id, create).await?;
        Ok(id)
    }

    /// Changes what is given of a store. Operators only.
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

    /// Every known store, by id.
    #[must_use]
    pub fn stores(&self) -> Vec<(StoreId, Arc<Store>)> {
        let directory = self.directory();
        let stores = directory.stores();
        let mut stores: Vec<_> = stores.map(|(id, store)| (id, Arc::clone(store))).collect();
        stores.sort_unstable_by_key(|(id, _)| *id);
        stores
    }
}
