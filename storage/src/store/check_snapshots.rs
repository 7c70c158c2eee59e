//! Checks that the journal still contains everything that was acknowledged, by comparing its end with `TRUST` and the
//! snapshots.
//!
//! Must not: repair anything; what the journal lacks can only be restored from a backup.
//!
//! Invariants: records are folded after their `fdatasync`, so snapshots that are ahead of the journal prove that it
//! lost acknowledged records; then nothing is cut, created or deleted. A journal is created only in a folder that was
//! never used.

use std::path::Path;

use campusg_domain::id::Seq;

use super::folder;
use crate::config::StorageConfig;
use crate::disk::RealDisk;
use crate::fault::StorageFault;
use crate::journal::{ChainHead, Journal, JournalOptions, JournalReader, Opened};
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::{Applied, Origin};
use crate::snapshot::sled_store::{Role, SledStore};
use crate::snapshot::trust::{Distrust, Mark, Trust};
use crate::snapshot::watched::watched;

/// The open journal, and whether the snapshots can be trusted.
pub(super) struct Checked {
    pub(super) journal: Opened,
    /// The hot store with how far it is written, or why the snapshots are not trusted.
    pub(super) hot: Result<(SledStore, Applied), Distrust>,
}

/// Opens the journal, unless it ends before a record that `TRUST` or the snapshots contain.
pub(super) fn open_journal(
    dir: &Path,
    config: &StorageConfig,
    trust: &Trust,
) -> Result<Checked, StorageFault> {
    let used = folder::check_format(dir)?;
    let path = dir.join("journal");
    let fault = |fault| StorageFault::journal(&path, fault);
    let mark = trust
        .read()
        .map_err(|source| StorageFault::io("read", &trust.path(), source))?;
    if used && !path.exists() {
        return Err(missing(&path, &mark));
    }
    let options = JournalOptions {
        segment_bytes: config.segment_mib << 20,
        ..JournalOptions::default()
    };
    let looked = Journal::look(RealDisk::shared(), &path, options).map_err(fault)?;
    let Some(last) = looked.last() else {
        if used {
            return Err(missing(&path, &mark));
        }
        let journal = looked.open_or_create().map_err(fault)?;
        folder::write_format(dir, 0)?;
        let hot = Err(Distrust::New);
        return Ok(Checked { journal, hot });
    };
    if !used {
        folder::write_format(dir, last.0)?;
    }
    compare(&path, last, &mark)?;
    let hot = judge(dir, config, trust, &mark, last)?;
    let journal = looked.open().map_err(fault)?;
    Ok(Checked { journal, hot })
}

fn missing(path: &Path, mark: &Mark) -> StorageFault {
    match mark.journal {
        Some((known, _)) => behind(path, 0, known),
        None => StorageFault::JournalLost {
            path: path.to_path_buf(),
        },
    }
}

fn behind(path: &Path, last: u64, known: u64) -> StorageFault {
    StorageFault::JournalBehind {
        path: path.to_path_buf(),
        last,
        known,
    }
}

/// Compares the journal's end with what the last process has written to `TRUST`.
fn compare(path: &Path, last: (u64, ChainHead), mark: &Mark) -> Result<(), StorageFault> {
    match mark.journal {
        Some((known, _)) if known > last.0 => Err(behind(path, last.0, known)),
        Some((known, head)) if known == last.0 && head != last.1 => Err(StorageFault::Damaged {
            path: path.to_path_buf(),
            detail: format!("record {known} is not the one that was acknowledged"),
        }),
        _ => Ok(()),
    }
}

/// Returns whether the snapshots can be trusted. First reads how far they know the journal, even if they are not
/// trusted.
fn judge(
    dir: &Path,
    config: &StorageConfig,
    trust: &Trust,
    mark: &Mark,
    last: (u64, ChainHead),
) -> Result<Result<(SledStore, Applied), Distrust>, StorageFault> {
    let (hot, archive) = (dir.join("hot"), dir.join("archive"));
    let one_is_missing = || Distrust::Damaged("one of the two is missing".into());
    let why = match (hot.exists(), archive.exists()) {
        (false, false) => return Ok(Err(Distrust::New)),
        (false, true) => return Ok(Err(mark.distrust.clone().unwrap_or_else(one_is_missing))),
        (true, false) => mark.distrust.clone().or_else(|| Some(one_is_missing())),
        (true, true) => mark.distrust.clone(),
    };
    if why.is_none() {
        trust
            .mark_open(last)
            .map_err(|source| StorageFault::io("write", &trust.path(), source))?;
    }
    match ask(&hot, config.cache_bytes()) {
        Ok((_, applied)) if applied.seq.0 > last.0 => {
            let journal = dir.join("journal");
            if is_of_another_folder(&journal, &applied)? {
                return Ok(Err(Distrust::Damaged(
                    "hot is of another data folder".into(),
                )));
            }
            Err(behind(&journal, last.0, applied.seq.0))
        }
        Ok(found) => Ok(why.map_or(Ok(found), Err)),
        Err(fault) if fault.is_damage() => {
            let damaged = Distrust::Damaged(fault.in_full());
            Ok(Err(why.unwrap_or(damaged)))
        }
        Err(fault) => Err(StorageFault::snapshot(dir, fault)),
    }
}

/// Whether the snapshots were folded from another journal, as far as the first record tells.
fn is_of_another_folder(journal: &Path, applied: &Applied) -> Result<bool, StorageFault> {
    let fault = |fault| StorageFault::snapshot(journal, fault);
    let reader = JournalReader::open(RealDisk::shared(), journal);
    let reader = reader.map_err(|fault| StorageFault::journal(journal, fault))?;
    if reader.head().0 == 0 {
        return Ok(false);
    }
    let origin = Origin::of(&reader, Seq(1)).map_err(fault)?;
    Ok(!origin.is_of_one_folder(&applied.origin))
}

/// Opens the hot store and reads how far it is written.
fn ask(hot: &Path, cache_bytes: u64) -> Result<(SledStore, Applied), SnapshotFault> {
    let path = hot.to_path_buf();
    watched(hot, move |_| {
        let hot = SledStore::open(Role::Hot, &path, cache_bytes)?;
        let applied = Applied::read(&hot)?;
        Ok((hot, applied))
    })
}
