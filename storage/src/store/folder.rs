//! The data folder itself: may we use it, and can we read what is in it?
//!
//! Owns the lock file and the format file. Must not look into the parts.

use std::io::ErrorKind;
use std::path::Path;
use std::{fs, io};

use crate::disk::{Disk, DiskLock, RealDisk};
use crate::fault::StorageFault;
use crate::file::{create_private_dir, write_whole};

/// The newest layout of a data folder this program knows.
const FORMAT: u64 = 1;

/// Creates the folder if need be and takes its lock.
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

/// Reads the format, or writes it into a new folder.
pub(super) fn check_format(dir: &Path) -> Result<(), StorageFault> {
    let path = dir.join("format");
    let damaged = |detail: &str| StorageFault::Damaged {
        path: path.clone(),
        detail: detail.into(),
    };
    match fs::read_to_string(&path) {
        Ok(text) => match text.strip_prefix("campusg data ").map(str::trim) {
            None => Err(damaged("it does not say which format the folder has")),
            Some(number) => match number.parse::<u64>() {
                Ok(1..=FORMAT) => Ok(()),
                Ok(found) if found > FORMAT => Err(StorageFault::Newer {
                    path: path.clone(),
                    found,
                    known: FORMAT,
                }),
                _ => Err(damaged("it does not say which format the folder has")),
            },
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if dir.join("journal").exists() {
                return Err(damaged("it is missing beside a journal"));
            }
            write_format(dir, &path).map_err(|source| StorageFault::Unwritable {
                path: path.clone(),
                source,
            })
        }
        Err(source) => Err(StorageFault::Io {
            doing: "read",
            path,
            source,
        }),
    }
}

fn write_format(dir: &Path, path: &Path) -> io::Result<()> {
    let text = format!("campusg data {FORMAT}\n");
    write_whole(path, &dir.join("format.new"), text.as_bytes())
}
