//! The file `TRUST`, which says whether the stores can be trusted after the last process ended.
//!
//! sled's flush is no fsync: the stores survive the death of a process but not the loss of power. The kernel's boot
//! id tells the two apart, unless the last process was stopped in order and synced the files itself. The file also
//! says where the journal ended when it was written; a journal that ends earlier has lost something.
//!
//! ```text
//! TRUST    version · boot id · open or clean · last sequence · chain's head after it · checksum of all that
//! ```
//! A file that is not what was written says nothing: neither that the stores can be trusted, nor where the journal ended.
//! Invariant: the file says "open" before the first write to a store, and "clean" only after every file of both
//! stores was synced.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::checkpoint::SNAPSHOT_VERSION;
use crate::checked_text::{self, Found};
use crate::journal::ChainHead;

/// Where the kernel provides the id of the present boot.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Why the stores are rebuilt from the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// There are no stores yet.
    New,
    /// The stores have another version.
    OtherVersion,
    /// The machine was restarted, and the last process was not stopped in order.
    OtherBoot,
    /// The file does not say whether the stores were written completely.
    NoMark,
    /// The stores are damaged; the text says what is wrong.
    Damaged(String),
    /// A rebuild was requested.
    Asked,
}

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::New => f.write_str("there are none"),
            Self::OtherVersion => f.write_str("they have the shape of another version"),
            Self::OtherBoot => {
                f.write_str("the machine was restarted without a clean stop of this service")
            }
            Self::NoMark => f.write_str("nothing says whether they were written to the end"),
            Self::Damaged(detail) => write!(f, "they are damaged: {detail}"),
            Self::Asked => f.write_str("it was asked for"),
        }
    }
}

/// What the last process has written to the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Why the stores are not trusted; `None` if they are.
    pub(crate) distrust: Option<Distrust>,
    /// A record that the journal contained, and the chain head after it, if it was written down.
    pub(crate) journal: Option<(u64, ChainHead)>,
}

fn head_of(word: &str) -> Option<ChainHead> {
    let mut head = ChainHead::default();
    for (byte, digits) in head.iter_mut().zip(word.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    (word.len() == 2 * head.len()).then_some(head)
}

#[derive(Clone, Debug)]
pub(crate) struct Trust {
    dir: PathBuf,
    boot_id: String,
}

impl Trust {
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        let boot_id = fs::read_to_string(BOOT_ID)?.trim().to_owned();
        Ok(Self {
            dir: dir.to_path_buf(),
            boot_id,
        })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.join("TRUST")
    }

    /// Reads what the last process has written.
    pub(crate) fn read(&self) -> io::Result<Mark> {
        let Found::Text(text) = checked_text::read(&self.path())? else {
            return Ok(Mark {
                distrust: Some(Distrust::NoMark),
                journal: None,
            });
        };
        let mut words = text.split_whitespace();
        let version = words.next().and_then(|word| word.parse().ok());
        let (boot_id, state) = (words.next(), words.next());
        let distrust = match (version, boot_id, state) {
            (Some(SNAPSHOT_VERSION), Some(_), Some("clean")) => None,
            (Some(SNAPSHOT_VERSION), Some(id), Some("open")) if id == self.boot_id => None,
            (Some(SNAPSHOT_VERSION), Some(_), Some("open")) => Some(Distrust::OtherBoot),
            (Some(SNAPSHOT_VERSION), ..) | (None, ..) => Some(Distrust::NoMark),
            (Some(_), ..) => Some(Distrust::OtherVersion),
        };
        let seq = words.next().and_then(|word| word.parse().ok());
        let head = words.next().and_then(head_of);
        Ok(Mark {
            distrust,
            journal: seq.zip(head),
        })
    }

    /// Records that the stores are being written to, and that the journal is durable at least up to `last`.
    pub(crate) fn mark_open(&self, last: (u64, ChainHead)) -> io::Result<()> {
        self.mark("open", last)
    }

    /// Records that every file of both stores is durable and nothing more is written. The journal ends at `last`.
    pub(crate) fn mark_clean(&self, last: (u64, ChainHead)) -> io::Result<()> {
        self.mark("clean", last)
    }

    /// Removes the file, so that the next start rebuilds the stores.
    pub(crate) fn withdraw(&self) -> io::Result<()> {
        match fs::remove_file(self.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::File::open(&self.dir)?.sync_all(),
        }
    }

    fn mark(&self, state: &str, (seq, head): (u64, ChainHead)) -> io::Result<()> {
        let boot_id = &self.boot_id;
        let mut text = format!("{SNAPSHOT_VERSION} {boot_id} {state} {seq} ");
        head.iter()
            .try_for_each(|byte| write!(text, "{byte:02x}"))
            .map_err(io::Error::other)?;
        checked_text::write(&self.path(), &text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn judged(text: &str) -> Option<Distrust> {
        let dir = tempfile::tempdir().unwrap();
        let trust = Trust::new(dir.path()).unwrap();
        let text = text
            .replace("NOW", &SNAPSHOT_VERSION.to_string())
            .replace("THIS", &trust.boot_id);
        let text = text.trim_end();
        checked_text::write(&trust.path(), text).unwrap();
        trust.read().unwrap().distrust
    }

    #[test]
    fn only_this_boot_or_a_clean_mark_is_believed() {
        assert_eq!(judged("NOW THIS open\n"), None);
        assert_eq!(judged("NOW other clean\n"), None);
        assert_eq!(judged("NOW other open\n"), Some(Distrust::OtherBoot));
        assert_eq!(judged("1 THIS clean\n"), Some(Distrust::OtherVersion));
        assert_eq!(judged("NOW THIS\n"), Some(Distrust::NoMark));
        assert_eq!(judged(""), Some(Distrust::NoMark));
    }

    #[test]
    fn a_mark_with_any_flipped_bit_or_cut_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let trust = Trust::new(dir.path()).unwrap();
        trust.mark_clean((7, [0xa5; 32])).unwrap();
        let good = fs::read(trust.path()).unwrap();
        let mut end = good.len() - 1;
        let says = |bytes: &[u8]| {
            fs::write(trust.path(), bytes).unwrap();
            trust.read().unwrap()
        };
        for bit in 0..end * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(says(&bad).journal, None, "bit {bit}");
            assert_eq!(says(&bad).distrust, Some(Distrust::NoMark), "bit {bit}");
        }
        while end > 0 {
            end -= 1;
            assert_eq!(says(&good[..end]).journal, None, "cut at {end}");
        }
    }

    #[test]
    fn marks_follow_each_other_and_say_where_the_journal_ends() {
        let dir = tempfile::tempdir().unwrap();
        let trust = Trust::new(dir.path()).unwrap();
        let nothing = Mark {
            distrust: Some(Distrust::NoMark),
            journal: None,
        };
        let believed = |journal| Mark {
            distrust: None,
            journal: Some(journal),
        };
        assert_eq!(trust.read().unwrap(), nothing);
        trust.mark_open((7, [0xa5; 32])).unwrap();
        assert_eq!(trust.read().unwrap(), believed((7, [0xa5; 32])));
        trust.mark_clean((9, [0x0c; 32])).unwrap();
        assert_eq!(trust.read().unwrap(), believed((9, [0x0c; 32])));
        trust.withdraw().unwrap();
        trust.withdraw().unwrap();
        assert_eq!(trust.read().unwrap(), nothing);
    }
}
