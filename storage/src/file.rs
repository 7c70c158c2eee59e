//! Files and folders of the data folder, which only their owner can read: made so, and kept so. Files are written
//! atomically: to a temporary name, synced, renamed, and the directory synced.
//!
//! Must not: overwrite a file in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The permissions of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// Takes from every file that this process makes what others could do with it, also from those that sled makes.
pub fn make_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
}

/// Takes from a folder and all that is in it what others can do with it. Links are not followed, and what belongs to
/// somebody else is left. Returns how many it changed.
pub(crate) fn keep_private(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else {
        return 0;
    };
    if found.is_symlink() {
        return 0;
    }
    let mode = found.permissions().mode();
    let mut changed = 0;
    if mode & OTHERS != 0 {
        match fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS)) {
            Ok(()) => changed += 1,
            Err(fault) => {
                tracing::warn!(path = %path.display(), %fault, "others can do something with this");
            }
        }
    }
    let entries = found.is_dir().then(|| fs::read_dir(path).ok()).flatten();
    let below = entries.into_iter().flatten().flatten();
    changed + below.map(|entry| keep_private(&entry.path())).sum::<u64>()
}

/// Creates a directory that only its owner can enter, with a durable name. An existing one is fine.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_parent(dir),
    }
}

/// Writes a file that only its owner can read. Content and name are durable when this returns; if it fails, what was at
/// `path` is still there.
///
/// # Errors
/// Any error of the operating system.
pub fn write_whole(path: &Path, aside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(aside, path)) {
        // On a full disk it only takes room.
        let _ = fs::remove_file(aside);
        return Err(error);
    }
    sync_parent(path)
}

/// Makes the name of `path` durable by syncing its directory.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
