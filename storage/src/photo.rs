//! Stores photos by hash, without the metadata that cameras and programs put into them.
//!
//! Must not: decide who may see a photo, or when to sweep.
//!
//! A photo's id is the first 16 bytes of blake3(uploader ‖ stripped content). Two people who upload the same picture
//! have two photos, and neither can use the other's.
//!
//! Invariants: a photo is stored whole with its uploader, or not at all; its content matches its id and can be
//! decoded; it contains no location, device or comment. The time of its file is when it was last uploaded, by the
//! runtime's clock. Pictures are decoded one at a time, which bounds memory.

mod decode;
mod quota;
mod strip;
mod sweep;

pub use decode::MAX_PHOTO_PIXELS;
pub use strip::PhotoKind;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use campusg_domain::id::{PhotoId, UserId};

use crate::codec;
use crate::disk::{Disk, RealDisk, is_full_disk};
use crate::file::{create_private_dir, write_whole};
use quota::{COUNTS_MS, Quota, Recent};

/// The largest size of an uploaded photo, in bytes.
pub const MAX_PHOTO_BYTES: usize = 5 << 20;

/// Why a photo was refused or can't be read. The text of a fault that the sender can avoid completes a sentence that
/// starts with the photo.
#[derive(Debug, thiserror::Error)]
pub enum PhotoFault {
    /// The file has more than 5 MiB.
    #[error("may have at most {MAX_PHOTO_BYTES} bytes")]
    TooLarge,
    /// The content is not a whole JPEG, PNG or WebP picture that can be decoded.
    #[error("is not a JPEG, PNG or WebP picture")]
    NotAPhoto,
    /// The picture has more than [`MAX_PHOTO_PIXELS`].
    #[error("may have at most {} million pixels", MAX_PHOTO_PIXELS / 1_000_000)]
    TooManyPixels,
    /// The uploader has 20 photos, or 50 MiB, of the last 24 hours that no order refers to.
    #[error("is one too many: others that were sent within a day serve no order yet")]
    Quota,
    /// The disk has less free space than is reserved for orders.
    #[error("the disk has no room for photos in {path}")]
    Full {
        /// The folder of the photos.
        path: PathBuf,
    },
    /// The stored file is not what was written.
    #[error("the photo {path} is damaged")]
    Damaged {
        /// The file of the photo.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("can't use {path}")]
    Io {
        /// The file or folder that was accessed.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl PhotoFault {
    /// Whether the uploader can avoid the fault.
    #[must_use]
    pub const fn is_the_callers(&self) -> bool {
        matches!(
            self,
            Self::TooLarge | Self::NotAPhoto | Self::TooManyPixels | Self::Quota
        )
    }
}

/// A stored photo, without metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// The format of the picture, from which its media type follows.
    pub kind: PhotoKind,
    /// The person who uploaded it.
    pub uploader: UserId,
    /// The picture as it is stored.
    pub bytes: Vec<u8>,
}

/// What the photos need from outside.
#[derive(Clone)]
pub struct PhotoOptions {
    /// The free space in bytes below which no photo is accepted; 0 accepts all that fit.
    pub reserve_bytes: u64,
    /// Returns the time in milliseconds since 1970.
    pub now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Returns whether an order refers to a photo.
    pub is_used: Arc<dyn Fn(PhotoId) -> bool + Send + Sync>,
}

impl std::fmt::Debug for PhotoOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhotoOptions")
            .field("reserve_bytes", &self.reserve_bytes)
            .finish_non_exhaustive()
    }
}

/// All stored photos. Clones share the same folder.
#[derive(Clone)]
pub struct Photos {
    dir: PathBuf,
    options: PhotoOptions,
    aside: Arc<AtomicU64>,
    /// Held while a picture is decoded.
    unpacking: Arc<Mutex<()>>,
    /// Counted when the first photo is stored. Held while deciding whether a photo exists.
    quota: Arc<Mutex<Option<Quota>>>,
}

impl std::fmt::Debug for Photos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Photos")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Photos {
    /// Opens the folder, creating it if it is missing.
    ///
    /// # Errors
    /// `Io`.
    pub fn open(dir: &Path, options: PhotoOptions) -> Result<Self, PhotoFault> {
        create_private_dir(dir).map_err(io_fault(dir))?;
        let photos = Self {
            dir: dir.to_path_buf(),
            options,
            aside: Arc::default(),
            unpacking: Arc::default(),
            quota: Arc::default(),
        };
        photos.clear_aside().map_err(io_fault(dir))?;
        Ok(photos)
    }

    /// Measures time by this clock from now on.
    pub(crate) fn run_by(&mut self, now_ms: Arc<dyn Fn() -> u64 + Send + Sync>) {
        self.options.now_ms = now_ms;
    }

    /// Stores a photo without its metadata; it is durable when this returns. The same photo has the same id each
    /// time.
    ///
    /// # Errors
    /// `TooLarge`, `NotAPhoto`, `TooManyPixels`, `Full`, `Quota`, `Io`.
    pub fn store(&self, uploader: UserId, bytes: &[u8]) -> Result<PhotoId, PhotoFault> {
        if bytes.len() > MAX_PHOTO_BYTES {
            return Err(PhotoFault::TooLarge);
        }
        let (kind, stripped) = strip::strip(bytes).ok_or(PhotoFault::NotAPhoto)?;
        let id = id_of(uploader, &stripped);
        if !self.path(id).exists() {
            let alone = self.unpacking.lock();
            let _alone = alone.unwrap_or_else(PoisonError::into_inner);
            decode::check(kind, &stripped)?;
        }
        if self.is_there_or_admitted(uploader, id, stripped.len() as u64)? {
            return Ok(id);
        }
        let path = self.path(id);
        // A photo exists once its own file does, so its uploader is written first.
        let beside = codec::encode(&(uploader, kind));
        let written = self
            .write(&path.with_extension("by"), &beside)
            .and_then(|()| self.write(&path, &stripped));
        if written.is_err()
            && let Some(quota) = &mut *self.quota()
        {
            quota.forget(uploader, id);
        }
        written.map(|()| id)
    }

    /// Returns whether a photo exists, and renews its time if so. Otherwise counts it against the quota, if there is
    /// room.
    fn is_there_or_admitted(
        &self,
        uploader: UserId,
        photo: PhotoId,
        bytes: u64,
    ) -> Result<bool, PhotoFault> {
        let mut quota = self.quota();
        let path = self.path(photo);
        let at_ms = (self.options.now_ms)();
        if path.exists() {
            let touched = fs::File::open(&path).and_then(|file| file.set_modified(time(at_ms)));
            return touched.map(|()| true).map_err(io_fault(&path));
        }
        let free = RealDisk
            .free_bytes(&self.dir)
            .map_err(io_fault(&self.dir))?;
        if free < self.options.reserve_bytes {
            let path = self.dir.clone();
            return Err(PhotoFault::Full { path });
        }
        let counted = match &mut *quota {
            Some(counted) => counted,
            none => none.insert(self.counted(at_ms)?),
        };
        let new = Recent {
            photo,
            bytes,
            at_ms,
        };
        if counted.admit(uploader, new, |photo| (self.options.is_used)(photo)) {
            Ok(false)
        } else {
            Err(PhotoFault::Quota)
        }
    }

    /// Counts the recently uploaded photos in the folder.
    fn counted(&self, now_ms: u64) -> Result<Quota, PhotoFault> {
        let mut quota = Quota::default();
        self.visit(|photo, at_ms, bytes| {
            let at_ms = at_ms.min(now_ms);
            if now_ms < at_ms + COUNTS_MS
                && let Some((uploader, _)) = self.beside(photo)?
            {
                let recent = Recent {
                    photo,
                    bytes,
                    at_ms,
                };
                quota.count(uploader, recent);
            }
            Ok(())
        })?;
        Ok(quota)
    }

    fn quota(&self) -> MutexGuard<'_, Option<Quota>> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a photo; `None` if there is none.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn load(&self, id: PhotoId) -> Result<Option<Photo>, PhotoFault> {
        let path = self.path(id);
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let damaged = || PhotoFault::Damaged { path: path.clone() };
        let (uploader, kind) = self.beside(id)?.ok_or_else(damaged)?;
        if id_of(uploader, &bytes) != id {
            return Err(damaged());
        }
        Ok(Some(Photo {
            kind,
            uploader,
            bytes,
        }))
    }

    /// Whether the files of a photo are there, whatever is in them.
    pub(crate) fn is_there(&self, id: PhotoId) -> bool {
        let path = self.path(id);
        path.exists() && path.with_extension("by").exists()
    }

    /// Returns who uploaded a photo; `None` if there is none. Takes the sweep's lock, so a photo that is found here
    /// was not about to be deleted.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn uploader(&self, id: PhotoId) -> Result<Option<UserId>, PhotoFault> {
        let _nothing_is_swept = self.quota();
        if !self.path(id).exists() {
            return Ok(None);
        }
        Ok(self.beside(id)?.map(|(uploader, _)| uploader))
    }

    fn beside(&self, id: PhotoId) -> Result<Option<(UserId, PhotoKind)>, PhotoFault> {
        let path = self.path(id).with_extension("by");
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let known = codec::decode(&bytes).map_err(|_| PhotoFault::Damaged { path })?;
        Ok(Some(known))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), PhotoFault> {
        let n = self.aside.fetch_add(1, Ordering::Relaxed);
        let aside = self.dir.join(format!("{n}.new"));
        let written = (|| {
            if let Some(shard) = path.parent() {
                create_private_dir(shard)?;
            }
            write_whole(path, &aside, bytes)?;
            fs::File::open(path)?.set_modified(time((self.options.now_ms)()))
        })();
        written.map_err(|error| {
            // An incomplete file must not take the room of others.
            let _ = fs::remove_file(&aside);
            if is_full_disk(&error) {
                let path = self.dir.clone();
                PhotoFault::Full { path }
            } else {
                io_fault(path)(error)
            }
        })
    }

    /// Removes incomplete files that a killed process has left.
    fn clear_aside(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "new") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn path(&self, id: PhotoId) -> PathBuf {
        let name = id.to_string();
        self.dir.join(&name[..2]).join(name)
    }
}

fn id_of(uploader: UserId, bytes: &[u8]) -> PhotoId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(uploader.as_bytes()).update(bytes);
    let hash = hasher.finalize();
    let id = hash.as_bytes().first_chunk();
    PhotoId::from_bytes(*id.expect("a hash has 32 bytes"))
}

fn time(ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, PhotoFault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_fault(path)(error)),
    }
}

fn io_fault(path: &Path) -> impl FnOnce(io::Error) -> PhotoFault {
    let path = path.to_path_buf();
    move |source| PhotoFault::Io { path, source }
}
