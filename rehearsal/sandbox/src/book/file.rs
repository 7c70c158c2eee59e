//! The book's file: a header line, then one line of JSON per group of facts. Each group is one write and one fdatasync.
//!
//! Must not: interpret a fact.
//! Invariants: only the last line can be torn; no call of a torn line was answered, so it is cut off. An unreadable line
//! before it is damage, and the book is refused. Only one process at a time has the book open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use campusg_bank::BookLine;
use serde::{Deserialize, Serialize};

const HEADER: &[u8] = b"{\"campusg_sandbox_book\":1}\n";
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
    #[error("{path} is not a sandbox gateway's book of version 1")]
    NotABook {
        /// The book's path.
        path: PathBuf,
    },
    /// A line other than the last can't be read.
    #[error("the sandbox gateway's book {path} is damaged at line {line}")]
    Damaged {
        /// The book's path.
        path: PathBuf,
        /// Number of the line, from 1; 0 if it was found while reading a page.
        line: usize,
    },
    /// A write has failed before: what is on disk is unknown until the book is opened again.
    #[error("the sandbox gateway's book is closed after a failed write")]
    Closed,
}

/// The open file, locked against other processes.
#[derive(Debug)]
pub(super) struct BookFile {
    file: File,
    path: PathBuf,
    // Invariant: all below is complete and synced.
    end: u64,
}

impl BookFile {
    /// Opens or creates the file, cuts off a torn last line and passes every fact to `fold`, in order.
    ///
    /// # Errors
    /// Any [`BookFault`] except `Closed`.
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

    /// Writes one group of facts and waits until it is on disk.
    ///
    /// # Errors
    /// [`BookFault::Io`]; then it is unknown what is on disk.
    pub fn append(&mut self, group: &[BookLine]) -> Result<(), BookFault> {
        let mut text = serde_json::to_vec(group).expect("facts are plain data");
        text.push(b'\n');
        self.write(&text).map_err(|source| BookFault::Io {
            path: self.path.clone(),
            source,
        })
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
            let group: Vec<BookLine> =
                serde_json::from_slice(line).map_err(|_| BookFault::Damaged {
                    path: self.path.clone(),
                    line: 0,
                })?;
            page.lines.extend(group);
        }
        Ok(page)
    }

    /// Makes every further write fail; for tests.
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

/// The facts of a complete line; `None` if it is torn or is no line of a book.
fn read_group(text: &[u8], number: usize) -> Option<Vec<BookLine>> {
    if number == 1 {
        return (text == HEADER).then(Vec::new);
    }
    text.ends_with(b"\n")
        .then(|| serde_json::from_slice(text).ok())?
}
