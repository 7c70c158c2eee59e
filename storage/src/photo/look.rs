//! What a picture looks like, in 64 bits that hardly change when it is packed, scaled or lit differently, and a list of the
//! looks of all photos.
//!
//! A difference hash: the picture is averaged to 9 by 8 cells, and a bit says whether a cell is brighter than the next one
//! to its right. Must not: refuse anything; that two pictures look alike proves nothing.
//!
//! The list is a file of entries that is read at the start. Invariants: each photo has an entry, one that tells nothing too;
//! an entry is written before its photo, and may be left without one. So a list that lacks a photo, or in which something
//! is no entry, is not what was written: it is made anew from the photos.

use std::collections::BTreeMap;
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
    all: BTreeMap<PhotoId, u64>,
}

impl Looks {
    /// Reads the file; `None` if it is missing or damaged, or lacks one of these photos. Of two entries of a photo, the
    /// later counts.
    pub(super) fn read(path: &Path, photos: &[PhotoId]) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let all: Option<BTreeMap<_, _>> = bytes.chunks(ENTRY).map(entry).collect();
        let all = all.filter(|all| photos.iter().all(|photo| all.contains_key(photo)));
        Ok(all.map(|all| Self {
            path: path.to_path_buf(),
            all,
        }))
    }

    /// Writes a new file with these entries.
    pub(super) fn create(path: &Path, all: BTreeMap<PhotoId, u64>) -> io::Result<Self> {
        let path = path.to_path_buf();
        let looks = Self { path, all };
        looks.write()?;
        Ok(looks)
    }

    /// Adds an entry durably, unless there is the same.
    pub(super) fn add(&mut self, photo: PhotoId, look: u64) -> io::Result<()> {
        if self.all.get(&photo) == Some(&look) {
            return Ok(());
        }
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        let written = file.write_all(&bytes(photo, look));
        if let Err(error) = written.and_then(|()| file.sync_data()) {
            // Half an entry would shift all that follow.
            let _ = self.write();
            return Err(error);
        }
        self.all.insert(photo, look);
        Ok(())
    }

    /// Removes the entries of photos that are gone.
    pub(super) fn keep(&mut self, is_there: impl Fn(PhotoId) -> bool) -> io::Result<()> {
        self.all.retain(|photo, _| is_there(*photo));
        self.write()
    }

    /// Returns the other photos that look like this one, the most alike first.
    pub(super) fn like(&self, photo: PhotoId) -> Vec<PhotoId> {
        let Some(own) = self.all.get(&photo).filter(|look| **look != PLAIN) else {
            return vec![];
        };
        let differs = |look: &u64| (look ^ own).count_ones();
        let others = self.all.iter();
        let others = others.filter(|(other, look)| **other != photo && **look != PLAIN);
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

/// `None` for what is not an entry as it was written.
fn entry(bytes: &[u8]) -> Option<(PhotoId, u64)> {
    let (photo, rest) = bytes.split_first_chunk::<16>()?;
    let (look, sum) = rest.split_first_chunk::<8>()?;
    let whole = crc32c::crc32c(&bytes[..24]).to_le_bytes() == sum;
    whole.then(|| (PhotoId::from_bytes(*photo), u64::from_le_bytes(*look)))
}
