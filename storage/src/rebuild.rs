//! Rebuilding the snapshots of a stopped service from its journal.
//!
//! Owns nothing of its own: it is an opening that believes no snapshot.

use std::path::Path;

use crate::config::StorageConfig;
use crate::fault::StorageFault;
use crate::store::{OpenOptions, OpenReport, Store};

/// Deletes both stores, folds the whole journal again and ends in order. The progress of
/// `options` is told now and then.
///
/// # Errors
/// As [`Store::open`] and [`Store::shutdown`].
pub fn rebuild(
    dir: &Path,
    config: &StorageConfig,
    options: OpenOptions,
) -> Result<OpenReport, StorageFault> {
    let options = OpenOptions {
        rebuild: true,
        ..options
    };
    let opened = Store::open(dir, config, options)?;
    opened.store.close()?;
    Ok(opened.report)
}
