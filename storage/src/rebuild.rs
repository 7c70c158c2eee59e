//! Rebuilds the snapshots of a stopped service from its journal, by opening the store without trusting them.

use std::path::Path;

use crate::config::StorageConfig;
use crate::fault::StorageFault;
use crate::store::{OpenOptions, OpenReport, Store};

/// Deletes both stores, folds the whole journal again and closes the store in order. `options.progress` is called
/// from time to time.
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
        whole: true,
        ..options
    };
    let opened = Store::open(dir, config, options)?;
    opened.store.close()?;
    Ok(opened.report)
}
