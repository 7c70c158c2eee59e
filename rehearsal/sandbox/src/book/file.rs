//! The book's file: a header line, then a line per group of facts: a checksum over all lines so far, and the facts as JSON.
//! Each group is one write and one fdatasync.
//!
//! Must not: interpret a fact.
//! Invariants: only the last line can be torn; no call of a torn line was answered, so it is cut off. A line before it that
//! is not as it was written is damage, and the book is refused. What a failed write has left is cut off by the next one.
//! Only one process at a time has the book open.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use campusg_bank::BookLine;
use serde::{Deserialize, Serialize};

const HEADER: &[u8] = b"{\"campusg_sandbox_book\":2}\n";
/// Digits of a checksum, and the blank after it.
const SUM_BYTES: usize = 9;
/// The book is its owner's alone.
const BOOK_MODE: u32 = 0o600;
const PAGE_BYTES: usize = 96 * 1024;

/// Most facts in one group. A fact is below 1 KiB, so a group fits into a page of [`BookFile::page`].
pub(super) const MAX_GROUP: usize = 64;

/// A page of the book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinePage {
    /// Entries of the book, in the order in which they were written.
    pub lines: Vec<BookLine>,
    /// Byte offset from which to read the next page; equal to the requested offset at the end of the book.
    pub next: u64,
}

/// The book can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BookFault {
    /// The operating system reported an error.
    #[error("the sandbox gateway's book {path} failed")]
    Io {
        /// The book's path.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// Another process has the book open.
    #[error("the sandbox gateway's book {path} is in use by another process")]
    InUse {
        /// The book's path.
        path: PathBuf,
    },
    /// The file is no book, or one of another version.
    #[error("{path} is not a sandbox gateway's book of version 2")]
    NotABook {
        /// The book's path.
        path: PathBuf,
    },
    /// A line other than the last can't be read.
    #[error(
        "the sandbox gateway's book {path} is damaged at line {line}: restore it from a backup"
    )]
    Damaged {
        /// The book's path.
        path: PathBuf,
        /// Number of the line, from 1; 0 if it was found while reading a page.
        line: usize,
    },
}

/// The open file, locked against other processes.
#[derive(Debug)]
pub(super) struct BookFile {
    file: File,
    path: PathBuf,
    // Invariant: all below is complete and synced.
    end: u64,
    /// The checksum over all lines below `end`.
    sum: u32,
    /// Whether a write has failed, so that anything may be behind `end`.
    torn: bool,
    #[cfg(test)]
    pub(super) refuses: bool,
}

impl BookFile {
    /// Opens or creates the file, cuts off a torn last line and passes every fact to `fold`, in order.
    ///
    /// # Errors
    /// Any [`BookFault`].
    pub fn open(path: &Path, mut fold: impl FnMut(BookLine)) -> Result<Self, BookFault> {
        let io = |source| BookFault::Io {
            path: path.to_owned(),
            source,
        };
        let file = open_locked(path)?;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        let (mut end, mut number, mut sum) = (0, 0, 0);
        let mut torn = false;
        while reader.read_until(b'\n', &mut text).map_err(io)? > 0 {
            number += 1;
            if torn {
                return Err(BookFault::Damaged {
                    path: path.to_owned(),
                    line: number - 1,
                });
            }
            match read_group(&text, number, sum) {
                Some((group, after)) => {
                    group.into_iter().for_each(&mut fold);
                    end += text.len() as u64;
                    sum = after;
                }
                None if number == 1 && !HEADER.starts_with(&text) => {
                    return Err(BookFault::NotABook {
                        path: path.to_owned(),
                    });
                }
                None => torn = true,
            }
            text.clear();
        }
        let mut book = Self {
            file,
            path: path.to_owned(),
            end,
            sum,
            torn: false,
            #[cfg(test)]
            refuses: false,
        };
        book.cut_and_head().map_err(io)?;
        Ok(book)
    }

    /// Writes one group of facts and waits until it is on disk.
    ///
    /// # Errors
    /// [`BookFault::Io`]; then it is unknown what is on disk, and the next try writes all of it again.
    pub fn append(&mut self, group: &[BookLine]) -> Result<(), BookFault> {
        let facts = serde_json::to_string(group).expect("facts are plain data");
        let sum = crc32c::crc32c_append(self.sum, facts.as_bytes());
        let text = format!("{sum:08x} {facts}\n");
        let written = self.write(text.as_bytes());
        written.map_err(|source| BookFault::Io {
            path: self.path.clone(),
            source,
        })?;
        self.sum = sum;
        Ok(())
    }

    /// Reads whole lines from byte offset `after`: 0, or the `next` of an earlier page.
    ///
    /// # Errors
    /// [`BookFault::Io`], or `Damaged` if no line begins at `after`.
    pub fn page(&self, after: u64) -> Result<LinePage, BookFault> {
        let start = after.max(HEADER.len() as u64);
        let length = self.end.saturating_sub(start).min(PAGE_BYTES as u64);
        let mut text = vec![0; usize::try_from(length).unwrap_or(PAGE_BYTES)];
        self.file
            .read_exact_at(&mut text, start)
            .map_err(|source| BookFault::Io {
                path: self.path.clone(),
                source,
            })?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let mut page = LinePage {
            lines: Vec::new(),
            next: start + whole as u64,
        };
        for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
            let group: Option<Vec<BookLine>> = line
                .get(SUM_BYTES..)
                .and_then(|facts| serde_json::from_slice(facts).ok());
            page.lines.extend(group.ok_or_else(|| BookFault::Damaged {
                path: self.path.clone(),
                line: 0,
            })?);
        }
        Ok(page)
    }

    fn cut_and_head(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() != self.end {
            self.file.set_len(self.end)?;
            self.file.sync_all()?;
        }
        if self.end == 0 {
            self.write(HEADER)?;
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.end)?;
        }
        self.torn = true;
        #[cfg(test)]
        if self.refuses {
            self.file.write_all_at(&text[..text.len() / 2], self.end)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(text, self.end)?;
        self.file.sync_data()?;
        self.torn = false;
        self.end += text.len() as u64;
        Ok(())
    }
}

fn open_locked(path: &Path) -> Result<File, BookFault> {
    let io = |source| BookFault::Io {
        path: path.to_owned(),
        source,
    };
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let folders = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    folders.map_err(io)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(BOOK_MODE)
        .open(path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(BookFault::InUse {
                path: path.to_owned(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    // One that was there keeps the rights that it had.
    file.set_permissions(Permissions::from_mode(BOOK_MODE))
        .map_err(io)?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
    Ok(file)
}

/// The facts of a complete line, and the checksum after it; `None` if it is torn or is no line of a book. `sum` is the
/// checksum before it.
fn read_group(text: &[u8], number: usize, sum: u32) -> Option<(Vec<BookLine>, u32)> {
    if number == 1 {
        return (text == HEADER).then(|| (vec![], 0));
    }
    let (written, facts) = text.strip_suffix(b"\n")?.split_at_checked(SUM_BYTES)?;
    let sum = crc32c::crc32c_append(sum, facts);
    let right = written == format!("{sum:08x} ").as_bytes();
    right.then(|| Some((serde_json::from_slice(facts).ok()?, sum)))?
}
