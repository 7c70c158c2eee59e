//! The book's file: a header line, then one line of JSON per group of facts, each group one write and one fdatasync.
//!
//! Must not: know what a fact means.
//! Invariants: only the last line can be torn, and nothing of it was answered, so it is cut; a bad line before it is
//! damage and refused. One process at a time has the book open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use campusg_bank::BookLine;
use serde::{Deserialize, Serialize};

const HEADER: &[u8] = b"{\"campusg_sandbox_book\":1}\n";
const PAGE_BYTES: usize = 96 * 1024;

/// Most facts in one group, so that a line fits into a page: a fact is below 1 KiB.
pub(super) const MAX_GROUP: usize = 64;

/// Some of the book's lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinePage {
    /// In the order they were written.
    pub lines: Vec<BookLine>,
    /// Where to go on; equal to the place asked with at the end.
    pub next: u64,
}

/// The book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BookFault {
    /// The operating system refused.
    #[error("the sandbox gateway's book {path} failed")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the sandbox gateway's book {path} is in use by another process")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// Not a book, or a book of another version.
    #[error("{path} is not a sandbox gateway's book of version 1")]
    NotABook {
        /// Which file.
        path: PathBuf,
    },
    /// A line other than the last cannot be read.
    #[error("the sandbox gateway's book {path} is damaged at line {line}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
    },
    /// A write failed before: what is on disk is unknown until the book is opened again.
    #[error("the sandbox gateway's book is closed after a failed write")]
    Closed,
}

/// The open file.
#[derive(Debug)]
pub(super) struct BookFile {
    file: File,
    path: PathBuf,
    // Invariant: all below is complete and synced.
    end: u64,
}

impl BookFile {
    /// Opens or creates the file, cuts a torn last line and hands every fact to `fold`, in order.
    ///
    /// # Errors
    /// Any [`BookFault`] but `Closed`.
    pub fn open(path: &Path, mut fold: impl FnMut(BookLine)) -> Result<Self, BookFault> {
        let io = |source| BookFault::Io {
            path: path.to_owned(),
            source,
        };
        let file = open_locked(path)?;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        let (mut end, mut number) = (0, 0);
        let mut torn = false;
        while reader.read_until(b'\n', &mut text).map_err(io)? > 0 {
            number += 1;
            if torn {
                return Err(BookFault::Damaged {
                    path: path.to_owned(),
                    line: number - 1,
                });
            }
            match read_group(&text, number) {
                Some(group) => {
                    group.into_iter().for_each(&mut fold);
                    end += text.len() as u64;
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
        };
        book.cut_and_head().map_err(io)?;
        Ok(book)
    }

    /// Writes one group and waits until it is on disk.
    ///
    /// # Errors
    /// [`BookFault::Io`]; what is on disk is unknown then.
    pub fn append(&mut self, group: &[BookLine]) -> Result<(), BookFault> {
        let mut text = serde_json::to_vec(group).expect("facts are plain data");
        text.push(b'\n');
        self.write(&text).map_err(|source| BookFault::Io {
            path: self.path.clone(),
            source,
        })
    }

    /// Reads whole lines from the byte `after`, which is 0 or a `next` from before.
    ///
    /// # Errors
    /// [`BookFault::Io`], or `Damaged` if `after` is not the start of a line.
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
            let group: Vec<BookLine> =
                serde_json::from_slice(line).map_err(|_| BookFault::Damaged {
                    path: self.path.clone(),
                    line: 0,
                })?;
            page.lines.extend(group);
        }
        Ok(page)
    }

    /// Makes every further write fail.
    #[cfg(test)]
    pub fn refuse_writes(&mut self) {
        self.file = File::open(&self.path).expect("the book is there");
    }

    fn cut_and_head(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() != self.end {
            self.file.set_len(self.end)?;
            self.file.sync_all()?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        if self.end == 0 {
            self.write(HEADER)?;
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        self.file.sync_data()?;
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
    fs::create_dir_all(dir).map_err(io)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
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
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
    Ok(file)
}

/// The facts of a complete line, or `None` if it is torn or is no line of a book.
fn read_group(text: &[u8], number: usize) -> Option<Vec<BookLine>> {
    if number == 1 {
        return (text == HEADER).then(Vec::new);
    }
    text.ends_with(b"\n")
        .then(|| serde_json::from_slice(text).ok())?
}
