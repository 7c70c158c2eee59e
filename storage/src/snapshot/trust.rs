//! Whether the stores may be believed after the last process ended.
//!
//! Owns the `TRUST` file. sled's flush is no fsync: what it says survives the death of a process
//! and not the loss of power. The kernel's boot id tells the two apart, unless the last process
//! ended in order and synced the files itself.
//!
//! Invariant: the file says "open" before the first write to a store, and "clean" only after
//! every file of both was synced.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::checkpoint::SNAPSHOT_VERSION;

/// Where the kernel says which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Why the stores are rebuilt from the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// There are none.
    New,
    /// They have another shape.
    OtherVersion,
    /// The machine was started anew and the last process did not end in order.
    OtherBoot,
    /// Nothing says whether they were written to the end.
    NoMark,
    /// They are damaged.
    Damaged(String),
    /// They know more than the journal.
    AheadOfJournal,
    /// Somebody asked for it.
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
            Self::AheadOfJournal => f.write_str("they know records that the journal has not"),
            Self::Asked => f.write_str("it was asked for"),
        }
    }
}

/// The file.
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

    /// Judges what the last process left; `None` means: believe it.
    pub(crate) fn judge(&self) -> io::Result<Option<Distrust>> {
        let text = match fs::read_to_string(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Some(Distrust::NoMark));
            }
            text => text?,
        };
        let mut words = text.split_whitespace();
        let version = words.next().and_then(|word| word.parse().ok());
        let (boot_id, state) = (words.next(), words.next());
        Ok(match (version, boot_id, state) {
            (Some(SNAPSHOT_VERSION), Some(_), Some("clean")) => None,
            (Some(SNAPSHOT_VERSION), Some(id), Some("open")) if id == self.boot_id => None,
            (Some(SNAPSHOT_VERSION), Some(_), Some("open")) => Some(Distrust::OtherBoot),
            (Some(SNAPSHOT_VERSION), ..) | (None, ..) => Some(Distrust::NoMark),
            (Some(_), ..) => Some(Distrust::OtherVersion),
        })
    }

    /// Says that the stores are being written to.
    pub(crate) fn mark_open(&self) -> io::Result<()> {
        self.mark("open")
    }

    /// Says that every file of both stores is durable and nothing is written any more.
    pub(crate) fn mark_clean(&self) -> io::Result<()> {
        self.mark("clean")
    }

    /// Takes the mark away: the next start rebuilds.
    pub(crate) fn withdraw(&self) -> io::Result<()> {
        match fs::remove_file(self.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::File::open(&self.dir)?.sync_all(),
        }
    }

    fn mark(&self, state: &str) -> io::Result<()> {
        let new = self.dir.join("TRUST.new");
        let mut file = fs::File::create(&new)?;
        writeln!(file, "{SNAPSHOT_VERSION} {} {state}", self.boot_id)?;
        file.sync_all()?;
        fs::rename(&new, self.path())?;
        fs::File::open(&self.dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn judged(text: &str) -> Option<Distrust> {
        let dir = tempfile::tempdir().unwrap();
        let trust = Trust::new(dir.path()).unwrap();
        let text = text.replace("THIS", &trust.boot_id);
        fs::write(trust.path(), text).unwrap();
        trust.judge().unwrap()
    }

    #[test]
    fn only_this_boot_or_a_clean_mark_is_believed() {
        assert_eq!(judged("2 THIS open\n"), None);
        assert_eq!(judged("2 other clean\n"), None);
        assert_eq!(judged("2 other open\n"), Some(Distrust::OtherBoot));
        assert_eq!(judged("3 THIS clean\n"), Some(Distrust::OtherVersion));
        assert_eq!(judged("2 THIS\n"), Some(Distrust::NoMark));
        assert_eq!(judged(""), Some(Distrust::NoMark));
    }

    #[test]
    fn marks_follow_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let trust = Trust::new(dir.path()).unwrap();
        assert_eq!(trust.judge().unwrap(), Some(Distrust::NoMark));
        trust.mark_open().unwrap();
        assert_eq!(trust.judge().unwrap(), None);
        trust.mark_clean().unwrap();
        assert_eq!(trust.judge().unwrap(), None);
        trust.withdraw().unwrap();
        trust.withdraw().unwrap();
        assert_eq!(trust.judge().unwrap(), Some(Distrust::NoMark));
    }
}
