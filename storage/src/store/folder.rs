//! The data folder: its lock file and its format file.
//!
//! Must not: look into the other parts.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::disk::{Disk, DiskLock, RealDisk};
use crate::fault::StorageFault;
use crate::file::{create_private_dir, write_whole};

/// The only format of a data folder that this program reads and writes.
///
/// In format 1 the fingerprints of commands were taken over the encoded bytes.
/// Format 2 kept in the order what now is kept in its stage.
const FORMAT: u64 = 5;

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
    RealDisk.lock(&path).map_err(|source| match source.kind() {
        ErrorKind::WouldBlock => StorageFault::InUse { path },
        _ => StorageFault::Unwritable { path, source },
    })
}

/// Checks the format. Returns `false` for a folder in which nothing was ever recorded: the format is written after
/// the journal's first segment and before its first record.
pub(super) fn check_format(dir: &Path) -> Result<bool, StorageFault> {
    let path = dir.join("format");
    let damaged = |detail: &str| StorageFault::Damaged {
        path: path.clone(),
        detail: detail.into(),
    };
    match fs::read_to_string(&path) {
        Ok(text) => match text.strip_prefix("campusg data ").map(str::trim) {
            None => Err(damaged("it does not say which format the folder has")),
            Some(number) => match number.parse::<u64>() {
                Ok(FORMAT) => Ok(true),
                Ok(found @ 1..FORMAT) => Err(StorageFault::Older {
                    path: path.clone(),
                    found,
                    known: FORMAT,
                }),
                Ok(found) if found > FORMAT => Err(StorageFault::Newer {
                    path: path.clone(),
                    found,
                    known: FORMAT,
                }),
                _ => Err(damaged("it does not say which format the folder has")),
            },
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let later = ["vault/server.key", "hot", "archive", "TRUST"];
            if let Some(there) = later.iter().find(|name| dir.join(name).exists()) {
                return Err(damaged(&format!(
                    "it is missing beside {there}: restore it from the backup that {there} is from"
                )));
            }
            Ok(false)
        }
        Err(source) => Err(StorageFault::Io {
            doing: "read",
            path,
            source,
        }),
    }
}

/// Writes the format to a new folder, whose journal has no record yet.
pub(super) fn write_format(dir: &Path, last_seq: u64) -> Result<(), StorageFault> {
    let path = dir.join("format");
    if last_seq > 0 {
        let detail = "it is missing beside a journal".into();
        return Err(StorageFault::Damaged { path, detail });
    }
    let text = format!("campusg data {FORMAT}\n");
    write_whole(&path, &dir.join("format.new"), text.as_bytes())
        .map_err(|source| StorageFault::Unwritable { path, source })
}
