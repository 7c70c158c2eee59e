//! What a picture looks like, in 64 bits that hardly change when it is packed, scaled or lit differently, and a list of the
//! looks of all photos.
//!
//! A difference hash: the picture is averaged to 9 by 8 cells, and a bit says whether a cell is brighter than the next one
//! to its right. Must not: refuse anything; that two pictures look alike proves nothing.
//!
//! The list is a file of entries that is read at the start and made anew from the photos if it is missing. Invariant: an entry
//! is written before its photo, and may be left without one.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use campusg_domain::id::PhotoId;

use crate::file::write_whole;

/// Returned for a picture in which hardly any cell differs from its neighbour, or with fewer pixels than cells.
pub(super) const PLAIN: u64 = 0;
/// By how many bits two looks may differ to be alike.
const ALIKE: u32 = 5;
/// How many bits of a look must be set for it to tell something.
const FEWEST: u32 = 6;
/// How much brighter a cell must be than the next one, of 255.
const BRIGHTER: u64 = 2;
/// How many pixels of a row or column are looked at, at least.
const SAMPLES: usize = 512;
const ACROSS: usize = 9;
const DOWN: usize = 8;
const ENTRY: usize = 28;

/// Takes the rows of a picture.
pub(super) struct Looking {
    width: usize,
    height: usize,
    y: usize,
    /// Sum and number of the samples of each cell.
    cells: [[(u64, u64); ACROSS]; DOWN],
}

impl Looking {
    pub(super) const fn new((width, height): (usize, usize)) -> Self {
        Self {
            width,
            height,
            y: 0,
            cells: [[(0, 0); ACROSS]; DOWN],
        }
    }

    /// Takes the next row, of three bytes for each pixel.
    pub(super) fn row(&mut self, row: &[u8]) {
        let y = self.y;
        self.y += 1;
        if !y.is_multiple_of((self.height / SAMPLES).max(1)) {
            return;
        }
        let cells = &mut self.cells[y * DOWN / self.height];
        let step = (self.width / SAMPLES).max(1);
        for (n, pixel) in row.chunks_exact(3).step_by(step).enumerate() {
            let cell = &mut cells[n * step * ACROSS / self.width];
            let [red, green, blue] = [0, 1, 2].map(|n| u64::from(pixel[n]));
            cell.0 += (2 * red + 5 * green + blue) / 8;
            cell.1 += 1;
        }
    }

    /// Returns the look once all rows are there.
    pub(super) fn look(&self) -> u64 {
        let mut look = 0;
        for row in &self.cells {
            for pair in row.windows(2) {
                let [left, right] = [pair[0], pair[1]];
                if left.1 == 0 || right.1 == 0 {
                    return PLAIN;
                }
                let brighter = left.0 / left.1 > right.0 / right.1 + BRIGHTER;
                look = look << 1 | u64::from(brighter);
            }
        }
        if look.count_ones() < FEWEST {
            PLAIN
        } else {
            look
        }
    }
}

/// The looks of all photos, in memory and in a file.
#[derive(Debug, Default)]
pub(super) struct Looks {
    path: PathBuf,
    all: Vec<(PhotoId, u64)>,
}

impl Looks {
    /// Reads the file; `None` if it is missing.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let looks = Self {
            path: path.to_path_buf(),
            all: bytes.chunks_exact(ENTRY).filter_map(entry).collect(),
        };
        if bytes.len() != looks.all.len() * ENTRY {
            looks.write()?;
        }
        Ok(Some(looks))
    }

    /// Writes a new file with these entries.
    pub(super) fn create(path: &Path, all: Vec<(PhotoId, u64)>) -> io::Result<Self> {
        let path = path.to_path_buf();
        let mut looks = Self { path, all };
        looks.all.retain(|(_, look)| *look != PLAIN);
        looks.write()?;
        Ok(looks)
    }

    /// Adds an entry durably; a photo that tells nothing, or has one, needs none.
    pub(super) fn add(&mut self, photo: PhotoId, look: u64) -> io::Result<()> {
        if look == PLAIN || self.all.iter().any(|(other, _)| *other == photo) {
            return Ok(());
        }
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        let written = file.write_all(&bytes(photo, look));
        if let Err(error) = written.and_then(|()| file.sync_data()) {
            // Half an entry would shift all that follow.
            let _ = self.write();
            return Err(error);
        }
        self.all.push((photo, look));
        Ok(())
    }

    /// Removes the entries of photos that are gone.
    pub(super) fn keep(&mut self, is_there: impl Fn(PhotoId) -> bool) -> io::Result<()> {
        self.all.retain(|(photo, _)| is_there(*photo));
        self.write()
    }

    /// Returns the other photos that look like this one, the most alike first.
    pub(super) fn like(&self, photo: PhotoId) -> Vec<PhotoId> {
        let own = self.all.iter().find(|(other, _)| *other == photo);
        let Some((_, own)) = own else {
            return vec![];
        };
        let differs = |look: &u64| (look ^ own).count_ones();
        let others = self.all.iter().filter(|(other, _)| *other != photo);
        let mut alike: Vec<_> = others
            .map(|(other, look)| (differs(look), *other))
            .filter(|(bits, _)| *bits <= ALIKE)
            .collect();
        alike.sort_unstable();
        alike.into_iter().map(|(_, other)| other).collect()
    }

    fn write(&self) -> io::Result<()> {
        let all = self.all.iter();
        let all: Vec<u8> = all.flat_map(|(photo, look)| bytes(*photo, *look)).collect();
        write_whole(&self.path, &self.path.with_extension("new"), &all)
    }
}

fn bytes(photo: PhotoId, look: u64) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..16].copy_from_slice(photo.as_bytes());
    entry[16..24].copy_from_slice(&look.to_le_bytes());
    let sum = crc32c::crc32c(&entry[..24]);
    entry[24..].copy_from_slice(&sum.to_le_bytes());
    entry
}

/// `None` for an entry that was not written whole.
fn entry(bytes: &[u8]) -> Option<(PhotoId, u64)> {
    let (photo, rest) = bytes.split_first_chunk::<16>()?;
    let (look, sum) = rest.split_first_chunk::<8>()?;
    let written = crc32c::crc32c(&bytes[..24]).to_le_bytes() == sum;
    written.then(|| (PhotoId::from_bytes(*photo), u64::from_le_bytes(*look)))
}
