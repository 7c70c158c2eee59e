//! Stores photos by what they show, upright and without the metadata that cameras and programs put into them.
//!
//! Must not: decide who may see a photo, or when to sweep.
//!
//! A photo's id is made of its picture, which is a hash of the pixels as they are to be seen, and of its uploader: however a
//! person packs a picture, it is the same photo. Two people who upload the same picture have two photos, and neither can
//! use the other's; that they show the same is written in their ids.
//!
//! Invariants: a photo is stored whole with its uploader, or not at all; its content is what was written under its id and can be
//! decoded; it contains no location, device or comment. The time of its file is when it was last uploaded, by the
//! runtime's clock. Pictures are unpacked within one budget of memory, and nothing of a picture is unpacked that does not
//! fit in it.

mod budget;
mod content;
mod decode;
mod draw;
mod look;
mod measure;
mod quota;
mod see;
mod strip;
mod sweep;

pub use content::PhotoContent;
pub use quota::MOST_PHOTOS;
pub use strip::PhotoKind;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use campusg_domain::id::{PhotoId, PictureId, UserId};

use crate::disk::{Disk, RealDisk, is_full_disk};
use crate::file::{create_private_dir, write_whole};
use budget::{BUDGET_BYTES, Budget};
use content::Head;
use look::{Looks, PLAIN};
use quota::{COUNTS_MS, Quota, Recent};

/// The largest size of an uploaded photo, in bytes.
pub const MAX_PHOTO_BYTES: usize = 5 << 20;

/// The most pixels of a stored photo; a larger one is made smaller.
pub const MAX_PHOTO_PIXELS: u64 = 25_000_000;
/// The most pixels along one side of an uploaded photo.
const MAX_SIDE: u32 = 16_384;

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
    /// A side of the picture is longer than 16,384 pixels.
    #[error("may have at most {MAX_SIDE} pixels along a side")]
    TooLong,
    /// The picture does not fit in the memory for unpacked pictures.
    #[error("takes more than {} MiB of memory to unpack: send it smaller", BUDGET_BYTES >> 20)]
    TooMuchMemory,
    /// The uploader has 20 photos, or 50 MiB, of the last 24 hours that no order refers to.
    #[error("is one too many: others that were sent within a day serve no order yet")]
    Quota {
        /// How long until it is taken, in milliseconds, if no order refers to an earlier one before.
        in_ms: u64,
    },
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
            Self::TooLarge
                | Self::NotAPhoto
                | Self::TooLong
                | Self::TooMuchMemory
                | Self::Quota { .. }
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

/// What was found out about an uploaded picture, and how it is stored.
struct Seen {
    kind: PhotoKind,
    bytes: Vec<u8>,
    picture: PictureId,
    look: u64,
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
    unpacking: Budget,
    looks: Arc<Mutex<Looks>>,
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
            unpacking: Budget::new(BUDGET_BYTES),
            looks: Arc::new(Mutex::new(Looks::default())),
            quota: Arc::default(),
        };
        photos.clear_aside().map_err(io_fault(dir))?;
        photos.read_looks()?;
        Ok(photos)
    }

    /// Reads what all photos look like; finds it out anew from the photos where the list is missing or damaged, or lacks one
    /// of them.
    fn read_looks(&self) -> Result<(), PhotoFault> {
        let path = self.dir.join("looks");
        let mut photos = vec![];
        self.visit(|photo, _, _| {
            photos.push(photo);
            Ok(())
        })?;
        let read = Looks::read(&path, &photos).map_err(io_fault(&path))?;
        let looks = if let Some(looks) = read {
            looks
        } else {
            if !photos.is_empty() {
                let (list, photos) = (path.display(), photos.len());
                tracing::warn!(%list, photos, "the list of what photos look like is not whole: it is made anew");
            }
            // What is wrong with a damaged photo is told when it is shown.
            let look_of = |photo| {
                self.head(photo)
                    .ok()
                    .flatten()
                    .map_or(PLAIN, |head| head.look)
            };
            let all = photos.into_iter().map(|photo| (photo, look_of(photo)));
            Looks::create(&path, all.collect()).map_err(io_fault(&path))?
        };
        *self.looks() = looks;
        Ok(())
    }

    /// Measures time by this clock from now on.
    pub(crate) fn run_by(&mut self, now_ms: Arc<dyn Fn() -> u64 + Send + Sync>) {
        self.options.now_ms = now_ms;
    }

    /// Stores a photo upright and without its metadata; it is durable when this returns. The same picture of the same person
    /// has the same id each time, however it is packed.
    ///
    /// # Errors
    /// `TooLarge`, `NotAPhoto`, `TooLong`, `TooMuchMemory`, `Full`, `Quota`, `Io`.
    pub fn store(&self, uploader: UserId, bytes: &[u8]) -> Result<PhotoId, PhotoFault> {
        if bytes.len() > MAX_PHOTO_BYTES {
            return Err(PhotoFault::TooLarge);
        }
        let seen = self.see(bytes)?;
        let id = PhotoId::of(seen.picture, uploader);
        if self.is_there_or_admitted(uploader, id, seen.bytes.len() as u64)? {
            return Ok(id);
        }
        let written = self.add_look(id, seen.look).and_then(|()| {
            let head = Head::of(id, uploader, &seen);
            self.write(&self.path(id), &[&head[..], &seen.bytes].concat())
        });
        if written.is_err()
            && let Some(quota) = &mut *self.quota()
        {
            quota.forget(uploader, id);
        }
        written.map(|()| id)
    }

    /// Returns other photos that look like this one, the most alike first: perhaps the same picture, packed with loss or
    /// changed a little. That they look alike proves nothing.
    #[must_use]
    pub fn like(&self, photo: PhotoId) -> Vec<PhotoId> {
        self.looks().like(photo)
    }

    fn add_look(&self, photo: PhotoId, look: u64) -> Result<(), PhotoFault> {
        let mut looks = self.looks();
        let added = looks.add(photo, look);
        added.map_err(|error| self.not_written(&self.dir, error))
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
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
        // One that is damaged is written anew.
        if path.exists() && matches!(self.open_content(photo), Ok(Some(_))) {
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
        let admitted = counted.admit(uploader, new, |photo| (self.options.is_used)(photo));
        admitted
            .map(|()| false)
            .map_err(|in_ms| PhotoFault::Quota { in_ms })
    }

    /// Counts the recently uploaded photos in the folder.
    fn counted(&self, now_ms: u64) -> Result<Quota, PhotoFault> {
        let mut quota = Quota::default();
        self.visit(|photo, at_ms, bytes| {
            let at_ms = at_ms.min(now_ms);
            if now_ms < at_ms + COUNTS_MS
                && let Some(uploader) = self.head(photo)?.map(|head| head.uploader)
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

    /// Opens a photo and checks that it is what was written; `None` if there is none.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn open_content(&self, id: PhotoId) -> Result<Option<PhotoContent>, PhotoFault> {
        PhotoContent::open(&self.path(id), id)
    }

    /// Reads a photo; `None` if there is none.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn load(&self, id: PhotoId) -> Result<Option<Photo>, PhotoFault> {
        let Some(mut content) = self.open_content(id)? else {
            return Ok(None);
        };
        let mut bytes = vec![];
        while let Some(part) = content.next_part().map_err(io_fault(&self.path(id)))? {
            bytes.extend(part);
        }
        Ok(Some(Photo {
            kind: content.kind(),
            uploader: content.uploader(),
            bytes,
        }))
    }

    /// Whether the file of a photo is there, whatever is in it.
    pub(crate) fn is_there(&self, id: PhotoId) -> bool {
        self.path(id).exists()
    }

    /// Returns who uploaded a photo; `None` if there is none. Takes the sweep's lock, so a photo that is found here
    /// was not about to be deleted.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn uploader(&self, id: PhotoId) -> Result<Option<UserId>, PhotoFault> {
        let _nothing_is_swept = self.quota();
        Ok(self.head(id)?.map(|head| head.uploader))
    }

    fn head(&self, id: PhotoId) -> Result<Option<Head>, PhotoFault> {
        Head::read(&self.path(id), id).map(|read| read.map(|(head, _)| head))
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
            self.not_written(path, error)
        })
    }

    fn not_written(&self, path: &Path, error: io::Error) -> PhotoFault {
        if is_full_disk(&error) {
            let path = self.dir.clone();
            PhotoFault::Full { path }
        } else {
            io_fault(path)(error)
        }
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

fn time(ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
}

fn io_fault(path: &Path) -> impl FnOnce(io::Error) -> PhotoFault {
    let path = path.to_path_buf();
    move |source| PhotoFault::Io { path, source }
}
