//! What a person may leave in the folder of photos, what the disk keeps for orders, and the sweep.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use campusg_domain::id::{PhotoId, UserId};
use campusg_storage::photo::{PhotoFault, PhotoOptions, Photos};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use tempfile::TempDir;

const HOUR_MS: u64 = 60 * 60 * 1000;
const MIB: usize = 1 << 20;

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

/// Noise, which does not shrink: as much as the largest picture here needs.
static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let mut words = vec![];
    while words.len() < 4 * MIB {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        words.extend_from_slice(&noise.to_be_bytes());
    }
    words
});

/// A picture of about so many bytes, unlike any of another number.
fn png(number: u32, bytes: usize) -> Vec<u8> {
    let (width, height) = (1_024, (bytes / 1_024).max(1));
    let mut pixels = NOISE[..width * height].to_vec();
    pixels[..4].copy_from_slice(&number.to_be_bytes());
    let sides = [width, height].map(|side| u32::try_from(side).unwrap());
    let mut all = vec![];
    PngEncoder::new_with_quality(&mut all, CompressionType::Fast, FilterType::NoFilter)
        .write_image(&pixels, sides[0], sides[1], ExtendedColorType::L8)
        .unwrap();
    all
}

/// A folder with a clock of its own, and the photos that orders refer to.
struct Folder {
    dir: TempDir,
    now_ms: Arc<AtomicU64>,
    used: Arc<Mutex<BTreeSet<PhotoId>>>,
}

impl Folder {
    fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            now_ms: Arc::new(AtomicU64::new(1_767_312_000_000)),
            used: Arc::default(),
        }
    }

    fn open(&self, reserve_bytes: u64) -> Photos {
        let (clock, used) = (Arc::clone(&self.now_ms), Arc::clone(&self.used));
        let options = PhotoOptions {
            reserve_bytes,
            now_ms: Arc::new(move || clock.load(Ordering::Relaxed)),
            is_used: Arc::new(move |photo| used.lock().unwrap().contains(&photo)),
        };
        Photos::open(self.dir.path(), options).unwrap()
    }

    fn pass(&self, hours: u64) {
        self.now_ms.fetch_add(hours * HOUR_MS, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

/// In how many hours a photo that is refused now is taken.
fn quota_hours(answer: Result<PhotoId, PhotoFault>) -> u64 {
    let fault = answer.unwrap_err();
    assert!(fault.is_the_callers());
    assert_eq!(
        fault.to_string(),
        "is one too many: others that were sent within a day serve no order yet"
    );
    match fault {
        PhotoFault::Quota { in_ms } => in_ms / HOUR_MS,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_fills_the_disk_with_photos_that_serve_no_order() {
    let folder = Folder::new();
    let photos = folder.open(0);
    let first = photos.store(user(1), &png(0, 10)).unwrap();
    for n in 1..20 {
        photos.store(user(1), &png(n, 10)).unwrap();
    }
    assert_eq!(quota_hours(photos.store(user(1), &png(20, 10))), 24);
    assert_eq!(
        photos.store(user(1), &png(0, 10)).unwrap(),
        first,
        "what is there already costs nothing"
    );
    photos.store(user(2), &png(20, 10)).unwrap();

    // The count outlives the process.
    let photos = folder.open(0);
    assert_eq!(quota_hours(photos.store(user(1), &png(20, 10))), 24);
    folder.used.lock().unwrap().insert(first);
    photos.store(user(1), &png(20, 10)).unwrap();
    assert_eq!(quota_hours(photos.store(user(1), &png(21, 10))), 24);
    folder.pass(24);
    photos.store(user(1), &png(21, 10)).unwrap();
}

#[test]
fn nobody_fills_the_disk_with_a_few_large_photos() {
    let folder = Folder::new();
    let photos = folder.open(0);
    for n in 0..12 {
        photos.store(user(1), &png(n, 4 * MIB)).unwrap();
    }
    assert_eq!(quota_hours(photos.store(user(1), &png(12, 4 * MIB))), 24);
    photos.store(user(1), &png(12, MIB)).unwrap();
}

#[test]
fn who_has_too_many_photos_is_told_when_there_is_room() {
    let folder = Folder::new();
    let photos = folder.open(0);
    for n in 0..20 {
        photos.store(user(1), &png(n, 10)).unwrap();
        folder.pass(1);
    }
    assert_eq!(quota_hours(photos.store(user(1), &png(20, 10))), 4);
    folder.pass(4);
    photos.store(user(1), &png(20, 10)).unwrap();
    assert_eq!(quota_hours(photos.store(user(1), &png(21, 10))), 1);

    // What is large waits for as many as make room for it.
    for n in 0..8 {
        photos.store(user(2), &png(n, 4 * MIB)).unwrap();
        photos.store(user(2), &png(8 + n, 2 * MIB)).unwrap();
        folder.pass(1);
    }
    assert_eq!(quota_hours(photos.store(user(2), &png(16, 4 * MIB))), 16);
    assert_eq!(quota_hours(photos.store(user(2), &png(16, 3 * MIB))), 16);
}

#[test]
fn a_photo_that_could_not_be_written_does_not_count() {
    let folder = Folder::new();
    let photos = folder.open(0);
    for n in 100..130 {
        let picture = png(n, 10);
        // A file where the folder of its first two digits would be.
        let elsewhere = Folder::new();
        let id = elsewhere.open(0).store(user(1), &picture).unwrap();
        let shard = folder.dir.path().join(&id.to_string()[..2]);
        if !shard.exists() {
            std::fs::write(&shard, b"").unwrap();
            photos.store(user(1), &picture).unwrap_err();
            std::fs::remove_file(&shard).unwrap();
        }
    }
    for n in 0..20 {
        photos.store(user(1), &png(n, 10)).unwrap();
    }
}

#[test]
fn no_photo_takes_the_room_that_is_kept_for_orders() {
    let folder = Folder::new();
    let photos = folder.open(u64::MAX);
    let fault = photos.store(user(1), &png(0, 10)).unwrap_err();
    assert!(matches!(&fault, PhotoFault::Full { .. }), "{fault:?}");
    assert!(!fault.is_the_callers());
    folder.open(0).store(user(1), &png(0, 10)).unwrap();
}

#[test]
fn a_sweep_takes_old_photos_that_serve_no_order_and_no_others() {
    let folder = Folder::new();
    let photos = folder.open(0);
    let [old, used, again] = [0, 1, 2].map(|n| photos.store(user(1), &png(n, 10)).unwrap());
    folder.pass(20);
    let new = photos.store(user(1), &png(3, 10)).unwrap();
    photos.store(user(1), &png(2, 10)).unwrap();
    folder.pass(5);
    let swept = photos.sweep(0..folder.now() - 24 * HOUR_MS, |photo| photo == used);
    assert_eq!(swept.unwrap(), 1);
    assert_eq!(photos.load(old).unwrap(), None);
    assert_eq!(photos.uploader(old).unwrap(), None);
    for kept in [used, again, new] {
        assert!(photos.load(kept).unwrap().is_some());
    }
    assert_eq!(files_in(folder.dir.path()), 3);
    assert_eq!(photos.store(user(1), &png(0, 10)).unwrap(), old);
    assert!(photos.load(old).unwrap().is_some());
}

fn files_in(dir: &Path) -> usize {
    let shards = std::fs::read_dir(dir).unwrap();
    let shards = shards.filter(|shard| shard.as_ref().unwrap().path().is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap());
    files.count()
}
