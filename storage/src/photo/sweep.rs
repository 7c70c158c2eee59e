//! Lists all photos, and deletes unreferenced ones.
//!
//! Must not: decide whether a photo is used.
//!
//! Invariant: a photo that is uploaded again during a sweep is either kept or stored anew, since both take the same
//! lock.

use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use campusg_domain::id::PhotoId;

use super::{PhotoFault, Photos, io_fault, time};

impl Photos {
    /// Deletes every photo that was last uploaded within `uploaded` (milliseconds since 1970) and is not used;
    /// returns how many were deleted. While `is_used` runs, the photo can't be uploaded again or looked up; it must
    /// consider records that are not written yet.
    ///
    /// # Errors
    /// `Io`; photos deleted before stay deleted.
    pub fn sweep(
        &self,
        uploaded: Range<u64>,
        is_used: impl Fn(PhotoId) -> bool,
    ) -> Result<u64, PhotoFault> {
        let (mut old, now_ms) = (vec![], (self.options.now_ms)());
        self.visit(|photo, at_ms, _| {
            if uploaded.contains(&at_ms) {
                old.push(photo);
            } else if at_ms > now_ms {
                // Uploaded before the clock was set back: it would be kept, and count, as much longer.
                let path = self.path(photo);
                let file = fs::File::open(&path);
                let touched = file.and_then(|file| file.set_modified(time(now_ms)));
                touched.map_err(io_fault(&path))?;
            }
            Ok(())
        })?;
        let mut swept = 0;
        for photo in old {
            let mut nobody_stores = self.quota();
            let path = self.path(photo);
            let is_old = modified_ms(&path).is_ok_and(|at_ms| at_ms < uploaded.end);
            if !is_old || is_used(photo) {
                continue;
            }
            // A damaged one counts against nobody any more.
            let uploader = self.head(photo).ok().flatten().map(|head| head.uploader);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(io_fault(&path)(error));
                }
                _ => {}
            }
            if let (Some(quota), Some(uploader)) = (&mut *nobody_stores, uploader) {
                quota.forget(uploader, photo);
            }
            swept += 1;
        }
        if swept > 0 {
            let mut looks = self.looks();
            let kept = looks.keep(|photo| self.is_there(photo));
            kept.map_err(io_fault(&self.dir))?;
        }
        Ok(swept)
    }

    /// Calls `each` with every photo, its file's time in milliseconds since 1970, and its size in bytes.
    pub(super) fn visit(
        &self,
        mut each: impl FnMut(PhotoId, u64, u64) -> Result<(), PhotoFault>,
    ) -> Result<(), PhotoFault> {
        let list = |dir: &Path| -> io::Result<Vec<fs::DirEntry>> { fs::read_dir(dir)?.collect() };
        for shard in list(&self.dir).map_err(io_fault(&self.dir))? {
            let shard = shard.path();
            if !shard.is_dir() {
                continue;
            }
            for entry in list(&shard).map_err(io_fault(&shard))? {
                let name = entry.file_name();
                let photo = name.to_str().and_then(|name| name.parse::<PhotoId>().ok());
                let path = entry.path();
                if let Some(photo) = photo {
                    let at_ms = modified_ms(&path).map_err(io_fault(&path))?;
                    let bytes = entry.metadata().map_err(io_fault(&path))?.len();
                    each(photo, at_ms, bytes)?;
                }
            }
        }
        Ok(())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the time of a photo's file was set by the runtime's clock"
)]
fn modified_ms(path: &Path) -> io::Result<u64> {
    let modified = fs::metadata(path)?.modified()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    Ok(since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }))
}
