//! A disk that is really full: reads go on, records are refused, and everything goes on by itself
//! once there is room.
//!
//! The disk is a small one in memory, which only a privileged user may mount; elsewhere the tests
//! say so and pass.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use campusg_domain::record::Entry;
use campusg_storage::journal::CommitFault;
use campusg_storage::photo::PhotoFault;
use campusg_storage::store::Store;
use campusg_storage::{StorageConfig, StorageFault};
use snapshot_common::{assert_reads, calm, feed, open, options, settle, start, town};
use tempfile::TempDir;

/// A process that is just being started has every open file of this one, and the locks with them, until it is what it is to
/// become: only one test at a time mounts, opens and closes.
static TURN: Mutex<()> = Mutex::new(());

struct SmallDisk {
    at: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl SmallDisk {
    /// A disk of 64 MiB; `None`, with the reason printed, where nobody may mount one.
    #[allow(clippy::print_stderr, reason = "a skipped test says why")]
    fn mount() -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let at = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]);
        match mount.arg(at.path()).output() {
            Ok(done) if done.status.success() => Some(Self { at, _turn: turn }),
            refused => {
                eprintln!("skipped: a small disk can't be mounted here: {refused:?}");
                None
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.at.path().join("data")
    }

    fn filler(&self) -> PathBuf {
        self.at.path().join("filler")
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        let mut bytes = vec![0; 1 << 20];
        while !bytes.is_empty() {
            match filler.write(&bytes) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    bytes.truncate(bytes.len() / 2);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Gives so many bytes of a filled disk back.
    fn give_back(&self, bytes: u64) {
        let filler = File::options().write(true).open(self.filler()).unwrap();
        let left = filler.metadata().unwrap().len().saturating_sub(bytes);
        filler.set_len(left).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: threads of sled may still be closing their files.
        let umount = Command::new("umount")
            .arg("-l")
            .arg(self.at.path())
            .status();
        assert!(umount.is_ok_and(|done| done.success()) || std::thread::panicking());
    }
}

fn submit(store: &Store, entry: &Entry) -> Result<u64, CommitFault> {
    let (answer, wait) = mpsc::channel();
    store
        .queue()
        .submit(entry.record.clone(), move |ack| answer.send(ack).unwrap());
    wait.recv().unwrap().map(|ack| ack.seq)
}

/// A running store on a full disk: a first part is written down, a second is in memory.
fn full(disk: &SmallDisk, entries: &[Entry], config: &StorageConfig) -> (Store, usize) {
    let (half, most) = (entries.len() / 2, entries.len() * 3 / 4);
    let store = start(&disk.data(), config);
    feed(&store, &entries[..half]);
    assert!(store.projector().checkpoint());
    disk.fill();
    feed(&store, &entries[half..most]);
    assert!(!store.reads().storage_is_full());
    assert!(!store.projector().checkpoint(), "nothing can be written");
    assert!(store.reads().storage_is_full() && store.queue().is_full(0));
    (store, most)
}

#[test]
fn a_full_disk_does_not_end_the_process_and_costs_no_reader_anything() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let (_, entries) = town(60);
    for config in [
        calm(),
        StorageConfig {
            cache_mib: 1,
            ..calm()
        },
    ] {
        let _ = fs::remove_dir_all(disk.data());
        let (store, known) = full(&disk, &entries, &config);
        assert_reads(store.reads(), &entries[..known]);
        assert_eq!(
            submit(&store, &entries[known]),
            Err(CommitFault::StorageFull)
        );
        assert!(store.queue().stats().refused_full > 0);
        assert!(!store.projector().checkpoint(), "tried again, in vain");
        assert_reads(store.reads(), &entries[..known]);

        disk.free();
        assert!(store.projector().checkpoint(), "tried again, with room");
        assert!(!store.reads().storage_is_full());
        feed(&store, &entries[known..]);
        settle(&store);
        assert_reads(store.reads(), &entries);
        store.shutdown().unwrap();
        let opened = open(&disk.data(), &config);
        assert_eq!((opened.report.rebuilt, opened.report.folded), (None, 0));
        assert_reads(opened.store.reads(), &entries);
    }
}

#[test]
fn a_full_disk_is_tried_again_without_being_asked() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let (_, entries) = town(30);
    let (store, known) = full(&disk, &entries, &calm());
    disk.free();
    while store.reads().storage_is_full() {
        std::thread::yield_now();
    }
    feed(&store, &entries[known..]);
    assert_reads(store.reads(), &entries);
}

#[test]
fn a_full_disk_is_no_damage_at_the_next_start() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let (_, entries) = town(60);
    let (store, known) = full(&disk, &entries, &calm());
    let fault = store.shutdown().unwrap_err();
    assert!(matches!(fault, StorageFault::Full { .. }), "{fault:?}");
    fs::remove_file(disk.data().join("reserve")).unwrap();
    disk.fill();
    assert_refused_until_there_is_room(&disk);
    disk.free();
    let opened = open(&disk.data(), &calm());
    assert_eq!(opened.report.rebuilt, None);
    assert_reads(opened.store.reads(), &entries[..known]);
    drop(opened);

    // The same in a rebuild, which begins with nothing.
    fs::remove_dir_all(disk.data().join("hot")).unwrap();
    fs::remove_dir_all(disk.data().join("archive")).unwrap();
    fs::remove_file(disk.data().join("reserve")).unwrap();
    disk.fill();
    assert_refused_until_there_is_room(&disk);
    disk.free();
    let opened = open(&disk.data(), &calm());
    assert_reads(opened.store.reads(), &entries[..known]);
    assert_nothing_aside(&disk.data());
}

#[test]
fn v3_a_store_on_a_full_disk_starts_for_reads_and_goes_on_by_itself() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let (_, entries) = town(60);
    let (store, known) = full(&disk, &entries, &calm());
    drop(store);
    // Again and again: what a start needs is kept for the next one.
    for _ in 0..5 {
        disk.fill();
        let store = start(&disk.data(), &calm());
        assert_reads(store.reads(), &entries[..known]);
        assert!(store.reads().storage_is_full() && store.queue().is_full(0));
        assert_eq!(
            submit(&store, &entries[known]),
            Err(CommitFault::StorageFull)
        );
        assert!(!store.projector().checkpoint(), "there is no room yet");
        assert_nothing_aside(&disk.data());
    }
    disk.fill();
    let store = start(&disk.data(), &calm());
    disk.free();
    while store.reads().storage_is_full() {
        std::thread::yield_now();
    }
    let reserve = fs::metadata(disk.data().join("reserve")).unwrap();
    assert!(reserve.len() >= 3 << 20, "it is kept again");
    feed(&store, &entries[known..]);
    assert_reads(store.reads(), &entries);
    store.shutdown().unwrap();
    let opened = open(&disk.data(), &calm());
    assert_eq!(opened.report.rebuilt, None);
}

/// Opens with a little more room each time, so that it runs out at every step of the way.
fn assert_refused_until_there_is_room(disk: &SmallDisk) {
    let mut places = BTreeSet::new();
    loop {
        match Store::open(&disk.data(), &calm(), options()) {
            Err(StorageFault::Full { path }) => {
                assert!(path.starts_with(disk.data()), "{}", path.display());
                places.insert(path);
            }
            Err(fault) => panic!("{fault:?}"),
            Ok(_) => break,
        }
        assert_nothing_aside(&disk.data());
        disk.give_back(4096);
    }
    assert!(!places.is_empty(), "there was room from the beginning");
}

/// Nothing was taken for damaged and moved aside.
fn assert_nothing_aside(data: &Path) {
    let names = fs::read_dir(data).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let aside: Vec<String> = names.filter(|name| name.contains("damaged")).collect();
    assert!(aside.is_empty(), "{aside:?}");
}

#[test]
fn photos_leave_the_reserve_of_a_small_disk_alone() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let config = StorageConfig {
        reserve_mib: 128,
        ..calm()
    };
    let store = start(&disk.data(), &config);
    let user = campusg_domain::id::UserId::from_bytes([1; 16]);
    let pixel = image::GrayImage::from_pixel(1, 1, image::Luma([7]));
    let mut picture = std::io::Cursor::new(vec![]);
    pixel
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let picture = picture.into_inner();
    let fault = store.photos().store(user, &picture).unwrap_err();
    assert!(matches!(fault, PhotoFault::Full { .. }), "{fault:?}");
}
