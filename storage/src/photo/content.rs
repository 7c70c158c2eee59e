//! The file of a photo: a head with what is known of it, and the picture behind it.
//!
//! ```text
//! 0 mark   4 format   5 zeros   8 uploader   24 look   32 sum of the others, of the id and of the picture   64 picture
//! ```
//! Invariant: the head of a photo names the uploader that its id was made with. What is read is checked: the head by the id
//! whenever it is read, all of it before any of the picture is given.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use blake3::Hasher;
use campusg_domain::id::{PhotoId, UserId};

use super::strip::PhotoKind;
use super::{PhotoFault, Seen, io_fault};

const MARK: [u8; 4] = *b"CGP1";
const HEAD: usize = 64;
/// The length of what is covered by the sum, before the picture.
const KNOWN: usize = 32;
/// How many bytes are read at once to check a photo, and to give it.
const CHECKED: usize = 64 * 1024;
const GIVEN: u64 = 16 * 1024;

/// What is known of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: PhotoKind,
    pub(super) uploader: UserId,
    pub(super) look: u64,
}

impl Head {
    /// Returns the bytes of the head for a new photo.
    pub(super) fn of(id: PhotoId, uploader: UserId, seen: &Seen) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(&MARK);
        bytes[4] = match seen.kind {
            PhotoKind::Jpeg => 1,
            PhotoKind::Png => 2,
            PhotoKind::Webp => 3,
        };
        bytes[8..24].copy_from_slice(uploader.as_bytes());
        bytes[24..KNOWN].copy_from_slice(&seen.look.to_le_bytes());
        let mut sum = sum_of(id, &bytes);
        sum.update(&seen.bytes);
        bytes[KNOWN..].copy_from_slice(sum.finalize().as_bytes());
        bytes
    }

    /// Reads the head of a photo's file, and returns the file behind it; `None` if there is none.
    pub(super) fn read(path: &Path, id: PhotoId) -> Result<Option<(Self, Opened)>, PhotoFault> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_fault(path)(error)),
        };
        let damaged = || PhotoFault::Damaged {
            path: path.to_path_buf(),
        };
        let mut bytes = [0; HEAD];
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(damaged()),
            Err(error) => return Err(io_fault(path)(error)),
        }
        let head = Self::from_bytes(&bytes).ok_or_else(damaged)?;
        if PhotoId::of(id.picture(), head.uploader) != id {
            return Err(damaged());
        }
        Ok(Some((head, Opened { file, bytes })))
    }

    fn from_bytes(bytes: &[u8; HEAD]) -> Option<Self> {
        let kind = match bytes[4] {
            1 => PhotoKind::Jpeg,
            2 => PhotoKind::Png,
            3 => PhotoKind::Webp,
            _ => return None,
        };
        let (_, rest) = bytes.split_first_chunk::<8>()?;
        let (uploader, rest) = rest.split_first_chunk()?;
        let look = u64::from_le_bytes(*rest.first_chunk()?);
        (bytes[..4] == MARK).then_some(Self {
            kind,
            uploader: UserId::from_bytes(*uploader),
            look,
        })
    }
}

/// A file whose head was read.
pub(super) struct Opened {
    file: File,
    bytes: [u8; HEAD],
}

/// A photo that was found to be what was written; its picture is read part by part.
#[derive(Debug)]
pub struct PhotoContent {
    head: Head,
    length: u64,
    file: File,
}

impl PhotoContent {
    pub(super) fn open(path: &Path, id: PhotoId) -> Result<Option<Self>, PhotoFault> {
        let Some((head, mut opened)) = Head::read(path, id)? else {
            return Ok(None);
        };
        let mut sum = sum_of(id, &opened.bytes);
        let mut length = 0;
        let mut part = vec![0; CHECKED];
        loop {
            let read = opened.file.read(&mut part).map_err(io_fault(path))?;
            if read == 0 {
                break;
            }
            sum.update(&part[..read]);
            length += read as u64;
        }
        if sum.finalize().as_bytes() != &opened.bytes[KNOWN..] {
            let path = path.to_path_buf();
            return Err(PhotoFault::Damaged { path });
        }
        let mut file = opened.file;
        file.seek(SeekFrom::Start(HEAD as u64))
            .map_err(io_fault(path))?;
        Ok(Some(Self { head, length, file }))
    }

    /// Returns the format of the picture, from which its media type follows.
    #[must_use]
    pub const fn kind(&self) -> PhotoKind {
        self.head.kind
    }

    /// Returns the person who uploaded it.
    #[must_use]
    pub const fn uploader(&self) -> UserId {
        self.head.uploader
    }

    /// Returns how many bytes the picture has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Reads the next part of the picture, of at most 16 KiB; `None` at its end.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn next_part(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut part = vec![];
        let mut limited = (&mut self.file).take(GIVEN);
        limited.read_to_end(&mut part)?;
        Ok((!part.is_empty()).then_some(part))
    }
}

/// Begins the sum over a photo with its id and its head.
fn sum_of(id: PhotoId, head: &[u8; HEAD]) -> Hasher {
    let mut sum = Hasher::new();
    sum.update(id.as_bytes()).update(&head[..KNOWN]);
    sum
}
