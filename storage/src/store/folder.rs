//! The data folder: its lock file and its format file.
//!
//! Must not: look into the other parts.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::checked_text::{self, Found};
use crate::disk::{Disk, DiskLock, RealDisk};
use crate::fault::StorageFault;
use crate::file::{create_private_dir, keep_private};

/// The only format of a data folder that this program reads and writes.
///
/// In format 1 the fingerprints of commands were taken over the encoded bytes.
/// Format 2 kept in the order what now is kept in its stage.
/// Format 4 kept payloads of scheduled events in the clear, and files of one line without a checksum.
const FORMAT: u64 = 6;

/// Creates the folder if it is missing, and takes its lock.
pub(super) fn take(dir: &Path) -> Result<DiskLock, StorageFault> {
    let unwritable = |source| StorageFault::Unwritable {
        path: dir.to_path_buf(),
        source,
    };
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        RealDisk.create_dir_all(parent).map_err(unwritable)?;
    }
    create_private_dir(dir).map_err(unwritable)?;
    let path = dir.join("lock");
    let lock = RealDisk.lock(&path).map_err(|source| match source.kind() {
        ErrorKind::WouldBlock => StorageFault::InUse { path },
        _ => StorageFault::Unwritable { path, source },
    })?;
    match keep_private(dir) {
        0 => {}
        files => tracing::warn!(
            files,
            "others could do something with parts of the data folder: not any more"
        ),
    }
    Ok(lock)
}

/// The number that a format file names.
fn number_in(text: &str) -> Option<u64> {
    text.strip_prefix("campusg data ")?.trim().parse().ok()
}

/// Checks the format. Returns `false` for a folder in which nothing was ever recorded: the format is written after
/// the journal's first segment and before its first record.
pub(super) fn check_format(dir: &Path) -> Result<bool, StorageFault> {
    let path = dir.join("format");
    let damaged = |detail: &str| StorageFault::Damaged {
        path: path.clone(),
        detail: detail.into(),
    };
    let io_fault = |source| StorageFault::io("read", &path, source);
    let found = match checked_text::read(&path).map_err(io_fault)? {
        Found::Text(text) => number_in(&text),
        // Versions before had no checksum in it.
        Found::Damaged => fs::read_to_string(&path)
            .ok()
            .and_then(|text| number_in(&text))
            .filter(|found| *found != FORMAT),
        Found::Missing => {
            let later = ["vault/server.key", "hot", "archive", "TRUST"];
            if let Some(there) = later.iter().find(|name| dir.join(name).exists()) {
                return Err(damaged(&format!(
                    "it is missing beside {there}: restore it from the backup that {there} is from"
                )));
            }
            return Ok(false);
        }
    };
    let path = path.clone();
    match found {
        Some(FORMAT) => Ok(true),
        Some(found @ 1..FORMAT) => Err(StorageFault::Older {
            path,
            found,
            known: FORMAT,
        }),
        Some(found) if found > FORMAT => Err(StorageFault::Newer {
            path,
            found,
            known: FORMAT,
        }),
        _ => Err(damaged(
            "it is not as it was written and does not say which format the folder has: restore it from a backup",
        )),
    }
}

/// Writes the format to a new folder, whose journal has no record yet.
pub(super) fn write_format(dir: &Path, last_seq: u64) -> Result<(), StorageFault> {
    let path = dir.join("format");
    if last_seq > 0 {
        let detail = "it is missing beside a journal".into();
        return Err(StorageFault::Damaged { path, detail });
    }
    checked_text::write(&path, &format!("campusg data {FORMAT}"))
        .map_err(|source| StorageFault::Unwritable { path, source })
}
