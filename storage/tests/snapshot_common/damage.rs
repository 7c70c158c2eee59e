//! What may happen to the files of the snapshot stores: drawn by lot, the same for the same number.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Copies a folder, but for its lock.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|e| (e.path(), e.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if name != "lock" {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// One thing that happens to the stores of a data folder.
#[derive(Clone, Debug)]
pub struct Damage {
    pub kind: &'static str,
    store: &'static str,
    /// Chooses the file, the place and the bit.
    lots: [u64; 3],
}

const KINDS: [&str; 16] = [
    "a bit flipped",
    "a bit flipped",
    "bytes zeroed",
    "bytes of another place",
    "cut",
    "emptied",
    "garbage added",
    "a file removed",
    "the folder removed",
    "the stores swapped",
    "a copy of the other store",
    "an older copy",
    "another data folder's",
    "another data folder's both",
    "a file instead of the folder",
    "a bit of TRUST flipped",
];

/// Kinds that a running server can suffer without reading beyond the end of a file that it has open.
const WHILE_RUNNING: [&str; 4] = [
    "a bit flipped",
    "bytes zeroed",
    "a file removed",
    "the folder removed",
];

impl Damage {
    /// Draws the damage with this number.
    pub fn draw(number: u64) -> Self {
        let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 3
        };
        // The first numbers of near seeds are alike.
        for _ in 0..8 {
            next();
        }
        let kind = KINDS[number as usize % KINDS.len()];
        let store = if next().is_multiple_of(2) {
            "hot"
        } else {
            "archive"
        };
        let lots = [next(), next(), next()];
        Self { kind, store, lots }
    }

    pub fn can_happen_while_running(&self) -> bool {
        WHILE_RUNNING.contains(&self.kind)
    }

    /// The files of the store, the big one as often as all others together.
    fn file(&self, dir: &Path) -> PathBuf {
        let store = dir.join(self.store);
        let mut files = files_in(&store);
        files.sort();
        if self.lots[0].is_multiple_of(2) {
            return store.join("db");
        }
        files[(self.lots[0] / 2) as usize % files.len()].clone()
    }

    /// Does it to the folder `dir`. `older` is an earlier state of it, `other` another data folder.
    pub fn happen(&self, dir: &Path, older: &Path, other: &Path) {
        let (hot, archive) = (dir.join("hot"), dir.join("archive"));
        let mine = dir.join(self.store);
        let replace = |with: &Path, store: &Path| {
            fs::remove_dir_all(store).unwrap();
            copy(with, store);
        };
        match self.kind {
            "the folder removed" => fs::remove_dir_all(mine).unwrap(),
            "a file instead of the folder" => {
                fs::remove_dir_all(&mine).unwrap();
                fs::write(mine, b"a file").unwrap();
            }
            "a bit of TRUST flipped" => self.to_a_file("a bit flipped", &dir.join("TRUST")),
            "the stores swapped" => {
                fs::rename(&hot, dir.join("x")).unwrap();
                fs::rename(&archive, &hot).unwrap();
                fs::rename(dir.join("x"), &archive).unwrap();
            }
            "a copy of the other store" if self.store == "hot" => replace(&archive, &hot),
            "a copy of the other store" => replace(&hot, &archive),
            "an older copy" => replace(&older.join(self.store), &mine),
            "another data folder's" => replace(&other.join(self.store), &mine),
            "another data folder's both" => {
                replace(&other.join("hot"), &hot);
                replace(&other.join("archive"), &archive);
            }
            kind => self.to_a_file(kind, &self.file(dir)),
        }
    }

    fn to_a_file(&self, kind: &str, path: &Path) {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let length = file.metadata().unwrap().len();
        // Most of a store's file is empty: what is written there hurts nobody.
        let used = used(path).max(1);
        let at = self.lots[1] % used;
        match kind {
            "a bit flipped" => {
                let mut byte = [0];
                if file.read_at(&mut byte, at).unwrap() == 1 {
                    file.write_at(&[byte[0] ^ (1 << (self.lots[2] % 8))], at)
                        .unwrap();
                }
            }
            "bytes zeroed" => {
                let count = (1 + self.lots[2] % 4096).min(length - at);
                file.write_at(&vec![0; count as usize], at).unwrap();
            }
            "bytes of another place" => {
                let mut bytes = vec![0; (1 + self.lots[2] % 4096) as usize];
                let count = file.read_at(&mut bytes, self.lots[2] % used).unwrap();
                let count = count.min((length - at) as usize);
                file.write_at(&bytes[..count], at).unwrap();
            }
            "cut" => file.set_len(at).unwrap(),
            "emptied" => file.set_len(0).unwrap(),
            "garbage added" => file.write_all_at(&[0xa5; 700], length).unwrap(),
            "a file removed" => fs::remove_file(path).unwrap(),
            _ => panic!("{kind} is not a damage to a file"),
        }
    }
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Where the last byte that is not zero stands.
fn used(path: &Path) -> u64 {
    let bytes = fs::read(path).unwrap();
    bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last as u64 + 1)
}
