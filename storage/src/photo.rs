//! Photos: stored by hash, recognised by content, without what their makers wrote into them.
//!
//! Owns the folder `photos/`. Must not decide who may see one.
//!
//! A photo's id is the first 16 bytes of blake3(uploader ‖ stripped content): two people who upload
//! the same picture have two photos, and neither gets at the other's.
//! Invariants: a photo is whole, with its uploader beside it, or not there; its bytes have the id
//! they are stored under; no stored photo has a place, a device or a comment in it.

mod strip;

pub use strip::PhotoKind;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use campusg_domain::id::{PhotoId, UserId};

use crate::codec;
use crate::file::{create_private_dir, write_whole};

/// The most bytes of a photo as it is uploaded.
pub const MAX_PHOTO_BYTES: usize = 5 << 20;

/// Why a photo was not taken, or can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PhotoFault {
    /// More than 5 MiB.
    #[error("a photo may have at most {MAX_PHOTO_BYTES} bytes")]
    TooLarge,
    /// Not a whole JPEG, PNG or WebP, whatever its name says.
    #[error("this is not a JPEG, PNG or WebP picture")]
    NotAPhoto,
    /// What is stored is not what was stored.
    #[error("the photo {path} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("can't use {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl PhotoFault {
    /// Whether the bytes were wrong, and nothing of ours.
    #[must_use]
    pub const fn is_the_callers(&self) -> bool {
        matches!(self, Self::TooLarge | Self::NotAPhoto)
    }
}

/// A stored photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its format.
    pub kind: PhotoKind,
    /// Who uploaded it.
    pub uploader: UserId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All photos; clones are the same ones.
#[derive(Clone, Debug)]
pub struct Photos {
    dir: PathBuf,
    aside: Arc<AtomicU64>,
}

impl Photos {
    /// Opens the folder, creating it if need be.
    ///
    /// # Errors
    /// `Io`.
    pub fn open(dir: &Path) -> Result<Self, PhotoFault> {
        create_private_dir(dir).map_err(io_fault(dir))?;
        let photos = Self {
            dir: dir.to_path_buf(),
            aside: Arc::default(),
        };
        photos.clear_aside().map_err(io_fault(dir))?;
        Ok(photos)
    }

    /// Stores a photo without its metadata; durable when this returns. Storing it again answers
    /// the same id.
    ///
    /// # Errors
    /// `TooLarge`, `NotAPhoto`, `Io`.
    pub fn store(&self, uploader: UserId, bytes: &[u8]) -> Result<PhotoId, PhotoFault> {
        if bytes.len() > MAX_PHOTO_BYTES {
            return Err(PhotoFault::TooLarge);
        }
        let (kind, stripped) = strip::strip(bytes).ok_or(PhotoFault::NotAPhoto)?;
        let id = id_of(uploader, &stripped);
        let path = self.path(id);
        if path.exists() {
            return Ok(id);
        }
        if let Some(shard) = path.parent() {
            create_private_dir(shard).map_err(io_fault(shard))?;
        }
        // The photo is there once its own name is, so what stands beside it comes first.
        let beside = path.with_extension("by");
        self.write(&beside, &codec::encode(&(uploader, kind)))?;
        self.write(&path, &stripped)?;
        Ok(id)
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

    /// Who uploaded a photo; `None` if there is none.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn uploader(&self, id: PhotoId) -> Result<Option<UserId>, PhotoFault> {
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
        write_whole(path, &aside, bytes).map_err(io_fault(path))
    }

    /// Removes what a killed process left half written.
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
