//! Every file of a data folder, missing, emptied, cut, with a flipped bit, or exchanged with another: the server mends it,
//! tells of it, or refuses to start with a sentence that names it. It never goes on as if nothing were.
//!
//! Takes a file of each kind; `CAMPUSG_FILES=all` takes every one.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Client};
use campusg_robots::walkthrough::{Errand, Launch};
use common::{demo, run, stop, text, verify};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// What the server does about a file that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    /// It refuses to start, and names the file.
    Refuses,
    /// It goes on, and everything is as it was.
    Mends,
    /// It goes on, and readiness counts what is lost.
    Counts,
}

fn answer(file: &str) -> Answer {
    let ending = file.rsplit(['.', '/']).next().unwrap();
    match file.split('/').next().unwrap() {
        "format" | "currency" | "vault" | "gateway" => Answer::Refuses,
        "journal" if ending == "seg" && !file.contains("spare") => Answer::Refuses,
        "photos" if ending == "looks" => Answer::Mends,
        "photos" => Answer::Counts,
        "journal" | "hot" | "archive" | "TRUST" | "lock" | "reserve" | "demo-logins.json"
        | "gateway.cursor" | "gateway.waiting" => Answer::Mends,
        other => panic!("nothing says what becomes of {other}"),
    }
}

/// A demo's folder with orders that have ended, one that has not, photos and wallets.
struct Folder {
    at: TempDir,
    client: Client,
    orders: Vec<Errand>,
    files: Vec<String>,
}

fn serve(data: &Path, log: &Path) -> Launch {
    demo(data, log, &["storage.cache_mib=1"])
}

impl Folder {
    async fn used() -> Self {
        let at = TempDir::new().unwrap();
        let data = at.path().join("data");
        let child = serve(&data, &at.path().join("log")).start().unwrap();
        let client = Client::new(&child.address).unwrap();
        let mut orders = vec![];
        for status in ["completed", "completed", "on-site", "completed"] {
            orders.push(Errand::at(&client, status).await.unwrap());
        }
        stop(child);
        let mut files = vec![];
        list(&data, &data, &mut files);
        files.sort();
        Self {
            at,
            client,
            orders,
            files,
        }
    }

    fn data(&self) -> PathBuf {
        self.at.path().join("data")
    }

    /// One file of each kind: those whose names differ in numbers alone are of one kind.
    fn kinds(&self) -> Vec<&str> {
        let all = std::env::var("CAMPUSG_FILES").is_ok_and(|files| files == "all");
        let mut seen = BTreeSet::new();
        let kind = |file: &str| match file.split_once('/') {
            Some(("photos", _)) => "a photo".to_owned(),
            _ => file.replace(|letter: char| letter.is_ascii_digit(), ""),
        };
        let of_a_kind = self
            .files
            .iter()
            .filter(|file| all || seen.insert(kind(file)));
        of_a_kind.map(String::as_str).collect()
    }

    fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        copy_tree(&self.data(), &copy.path().join("data"));
        copy
    }

    /// Starts a server on a folder with this damage, and looks what it says of `file`, or of `other`.
    async fn check(&self, damaged: &TempDir, file: &str, other: Option<&str>, damage: &str) {
        let (data, log) = (damaged.path().join("data"), damaged.path().join("log"));
        let names: Vec<&str> = [file].into_iter().chain(other).collect();
        let expected: Vec<Answer> = names.iter().map(|name| answer(name)).collect();
        let case = format!("{names:?} {damage}");
        let started = serve(&data, &log).start();
        let said = fs::read_to_string(&log).unwrap_or_default();
        assert!(!said.contains("RUST_BACKTRACE"), "{case}: {said}");
        if expected.contains(&Answer::Refuses) {
            assert!(started.is_err(), "{case}: it started");
            let named = |name: &&&str| said.contains(text(&data.join(first_two(name))));
            assert!(names.iter().any(|name| named(&name)), "{case}: {said}");
            return;
        }
        let child = started.unwrap_or_else(|fault| panic!("{case}: {fault}"));
        self.client.move_to(&child.address);
        self.same_answers(&case).await;
        let lost = lost_photos(&self.client, expected.contains(&Answer::Counts)).await;
        assert_eq!(lost > 0, expected.contains(&Answer::Counts), "{case}");
        stop(child);
        if lost == 0 {
            verify(&data);
        }
    }

    async fn same_answers(&self, case: &str) {
        for errand in &self.orders {
            let path = format!("/api/orders/{}", errand.order);
            for look in 0.. {
                let reply = errand.customer.get(&path).await.unwrap();
                if reply.status == 200 {
                    break;
                }
                assert!(reply.status == 503 && look < 600, "{case}: {reply:?}");
                thread::park_timeout(Duration::from_millis(50));
            }
        }
    }
}

/// The photos that readiness counts as lost, once it counts any, if it is to.
async fn lost_photos(client: &Client, some: bool) -> i64 {
    for _ in 0..600 {
        let ready = client
            .send(&ApiRequest::get("/health/ready"))
            .await
            .unwrap();
        let lost = ready.body.number("/lost_photos").unwrap_or_default();
        if !some || lost > 0 {
            return lost;
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    0
}

/// The part of a file's name that a person needs: its folder for keys and segments.
fn first_two(file: &str) -> &str {
    file.split('/').next().unwrap()
}

fn list(root: &Path, folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            list(root, &path, into);
        } else {
            into.push(text(path.strip_prefix(root).unwrap()).to_owned());
        }
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How many bytes of a file are in use: the rest of a segment is zeros.
fn used(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1)
}

/// Damages each kind of file in one way. `damage` returns whether it changed anything.
async fn each(name: &str, damage: impl Fn(&Path) -> bool) {
    let folder = Folder::used().await;
    for file in folder.kinds() {
        let copy = folder.copy();
        if damage(&copy.path().join("data").join(file)) && answer_matters(file, name) {
            folder.check(&copy, file, None, name).await;
        }
    }
}

/// A demo without its mark is no demo: `--demo` is refused on it, and serving it goes on without.
fn answer_matters(file: &str, damage: &str) -> bool {
    !(file == "demo-logins.json" && damage == "missing")
}

#[tokio::test]
async fn v12_a_missing_file_is_noticed() {
    each("missing", |file| fs::remove_file(file).is_ok()).await;
}

#[tokio::test]
async fn v12_an_emptied_file_is_noticed() {
    each("emptied", |file| {
        let there = fs::metadata(file).unwrap().len() > 0;
        fs::write(file, "").unwrap();
        there
    })
    .await;
}

#[tokio::test]
async fn v12_a_file_that_was_cut_is_noticed() {
    each("cut", |file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..used(&bytes) / 2]).unwrap();
        used(&bytes) > 0
    })
    .await;
}

#[tokio::test]
async fn v12_a_flipped_bit_is_noticed() {
    each("flipped", |file| {
        let mut bytes = fs::read(file).unwrap();
        let place = used(&bytes) / 2;
        let there = used(&bytes) > 0;
        if there {
            bytes[place] ^= 0x10;
            fs::write(file, &bytes).unwrap();
        }
        there
    })
    .await;
}

#[tokio::test]
async fn v12_two_files_in_each_others_place_are_noticed() {
    let folder = Folder::used().await;
    let kinds = folder.kinds();
    for (file, other) in kinds.iter().zip(kinds.iter().cycle().skip(1)) {
        let copy = folder.copy();
        let at = |name: &str| copy.path().join("data").join(name);
        let between = copy.path().join("between");
        fs::rename(at(file), &between).unwrap();
        fs::rename(at(other), at(file)).unwrap();
        fs::rename(&between, at(other)).unwrap();
        folder.check(&copy, file, Some(other), "exchanged").await;
    }
}

#[tokio::test]
async fn v12_folders_that_are_gone_are_noticed() {
    let folder = Folder::used().await;
    for part in ["journal", "vault", "gateway", "photos", "hot", "archive"] {
        let copy = folder.copy();
        fs::remove_dir_all(copy.path().join("data").join(part)).unwrap();
        let file = match part {
            "journal" => "journal/00000000000000000001.seg",
            "vault" => "vault/keys",
            "gateway" => "gateway/book.jsonl",
            other => other,
        };
        folder.check(&copy, file, None, "gone").await;
    }
}

#[tokio::test]
async fn v12_a_book_that_may_be_lost_is_begun_anew() {
    let folder = Folder::used().await;
    let copy = folder.copy();
    let (data, log) = (copy.path().join("data"), copy.path().join("log"));
    fs::remove_dir_all(data.join("gateway")).unwrap();
    let refused = run(&["serve", "--listen", "127.0.0.1:0", "--data", text(&data)]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("book.jsonl") && said.contains("sandbox.book_may_be_lost"),
        "{said}"
    );
    assert!(
        !data.join("gateway/book.jsonl").exists(),
        "nothing was made"
    );
    let mut launch = serve(&data, &log);
    let may = ["--set".to_owned(), "sandbox.book_may_be_lost=true".into()];
    launch.arguments.extend(may);
    stop(launch.start().unwrap());
}
