//! The folders of the snapshot stores: makes new ones, sets damaged ones aside, and brings rebuilt ones to their places.
//!
//! Must not: read a value. Invariant: of what was set aside only the last is kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use crate::snapshot::SnapshotFault;
use crate::snapshot::sled_store::{Role, SledStore};
use crate::snapshot::stores::{Archive, Stores};

#[derive(Clone, Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    cache_bytes: u64,
}

impl Shelf {
    pub(super) fn new(dir: &Path, cache_bytes: u64) -> Self {
        Self {
            dir: dir.to_path_buf(),
            cache_bytes,
        }
    }

    /// Returns a store's folder.
    pub(super) fn path(&self, role: Role) -> PathBuf {
        self.dir.join(role.name())
    }

    /// Returns the folder in which a store is rebuilt.
    fn new_path(&self, role: Role) -> PathBuf {
        self.path(role).with_extension("new")
    }

    /// Makes empty stores in their places, which must be empty.
    pub(super) fn new_stores(&self) -> Result<Stores, SnapshotFault> {
        self.stores(Self::path)
    }

    /// Makes empty stores beside those that are in use.
    pub(super) fn stores_beside(&self) -> Result<Stores, SnapshotFault> {
        for role in [Role::Hot, Role::Archive] {
            let path = self.new_path(role);
            remove(&path).map_err(io_fault("clear", &path))?;
        }
        self.stores(Self::new_path)
    }

    fn stores(&self, at: impl Fn(&Self, Role) -> PathBuf) -> Result<Stores, SnapshotFault> {
        let open =
            |role| SledStore::open_at(role, &at(self, role), &self.path(role), self.cache_bytes);
        let archive = Archive::new(open(Role::Archive)?, &self.path(Role::Archive));
        Ok(Stores::new(Arc::new(open(Role::Hot)?), archive))
    }

    /// Empties the places of stores. With `aside`, the time in milliseconds since 1970, they are kept beside it.
    pub(super) fn clear(&self, roles: &[Role], aside: Option<u64>) -> Result<(), SnapshotFault> {
        for role in roles {
            let path = self.path(*role);
            let cleared = match aside {
                Some(now_ms) => self.set_aside(&path, now_ms),
                None => remove(&path),
            };
            cleared.map_err(io_fault("clear", &path))?;
        }
        Ok(())
    }

    fn set_aside(&self, store: &Path, now_ms: u64) -> io::Result<()> {
        if !store.exists() {
            return Ok(());
        }
        let aside = store.with_extension(format!("damaged-{now_ms}"));
        let earlier = store.with_extension("damaged-");
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path
                .to_string_lossy()
                .starts_with(&*earlier.to_string_lossy())
            {
                remove(&path)?;
            }
        }
        tracing::warn!(from = %store.display(), to = %aside.display(), "a damaged store is set aside");
        fs::rename(store, aside)
    }

    /// Puts the stores that were rebuilt in their places, which must be empty.
    pub(super) fn bring_in(&self) -> Result<(), SnapshotFault> {
        for role in [Role::Hot, Role::Archive] {
            let path = self.path(role);
            fs::rename(self.new_path(role), &path).map_err(io_fault("move", &path))?;
        }
        let synced = fs::File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(io_fault("sync", &self.dir))
    }
}

fn remove(store: &Path) -> io::Result<()> {
    let removed = if store.is_dir() {
        fs::remove_dir_all(store)
    } else {
        fs::remove_file(store)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn io_fault(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> SnapshotFault {
    let path = path.to_path_buf();
    move |source| SnapshotFault::Io {
        doing,
        path,
        source,
    }
}
