//! A disk that is full, and has room again, under a running server with orders under way: what was acknowledged is there,
//! readiness tells the truth meanwhile, and everything goes on by itself. Also a server that is started on a full disk.
//!
//! The disk is a small one in memory, which only a privileged user may mount; elsewhere the tests say so and pass.
//! `CAMPUSG_FULL_DISK=all` also fills the journal's, the vault's and the photos' disks, each for itself.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Client, Deviation, Reply};
use campusg_domain::order::Status;
use campusg_robots::walkthrough::{Errand, ListeningChild};
use common::{demo, stop, verify};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// How often something is looked for, and how often before the test fails: two minutes.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 1_200;

/// Disks of 64 MiB in memory, which are gone with this value.
struct Disks {
    at: TempDir,
    mounted: Vec<PathBuf>,
}

impl Disks {
    fn new() -> Self {
        Self {
            at: TempDir::new().unwrap(),
            mounted: vec![],
        }
    }

    /// Mounts one; returns whether that is possible here.
    #[allow(clippy::print_stderr, reason = "a skipped test says why")]
    fn mount(&mut self, place: &Path) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs"]);
        match mount.arg(place).output() {
            Ok(done) if done.status.success() => self.mounted.push(place.into()),
            refused => {
                eprintln!("skipped: a small disk can't be mounted here: {refused:?}");
                return false;
            }
        }
        true
    }

    /// Puts a folder with all that is in it on a disk of its own.
    fn move_to_own(&mut self, folder: &Path) {
        let aside = self.at.path().join("aside");
        fs::rename(folder, &aside).unwrap();
        fs::create_dir(folder).unwrap();
        assert!(self.mount(folder));
        let copied = Command::new("cp")
            .arg("-a")
            .arg(aside.join("."))
            .arg(folder)
            .status();
        assert!(copied.unwrap().success());
        fs::remove_dir_all(aside).unwrap();
    }
}

impl Drop for Disks {
    fn drop(&mut self) {
        for place in self.mounted.iter().rev() {
            let _ = Command::new("umount").arg("-l").arg(place).status();
        }
    }
}

fn filler(disk: &Path) -> PathBuf {
    disk.join("filler")
}

/// Takes every byte that is left.
fn fill(disk: &Path) {
    let mut filler = File::options()
        .create(true)
        .append(true)
        .open(filler(disk))
        .unwrap();
    let mut bytes = vec![7; 1 << 20];
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

fn free(disk: &Path) {
    fs::remove_file(filler(disk)).unwrap();
}

/// People who order one thing after the other and take a refusal for a pause.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<Errand>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Load {
    fn begin(client: &Client) -> Self {
        let load = Self {
            stop: Arc::default(),
            acknowledged: Arc::default(),
            tasks: vec![],
        };
        let tasks = (0..3).map(|_| {
            let (client, stop) = (client.clone(), Arc::clone(&load.stop));
            let done = Arc::clone(&load.acknowledged);
            tokio::spawn(async move {
                while !stop.load(Ordering::Acquire) {
                    match tokio::time::timeout(
                        Duration::from_secs(20),
                        Errand::at(&client, "completed"),
                    )
                    .await
                    {
                        Ok(Ok(errand)) => done.lock().unwrap().push(errand),
                        _ => {
                            tokio::time::sleep(LOOK).await;
                        }
                    }
                }
            })
        });
        let tasks = tasks.collect();
        Self { tasks, ..load }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    async fn more(&self, what: &str) {
        let before = self.count();
        until(what, async || Ok(self.count() > before + 2)).await;
    }

    async fn end(self) -> Vec<Errand> {
        self.stop.store(true, Ordering::Release);
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

async fn until(what: &str, mut look: impl AsyncFnMut() -> Result<bool, Deviation>) {
    for _ in 0..LOOKS {
        if look().await.unwrap() {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("not in time: {what}");
}

async fn ready(client: &Client) -> Result<Reply, Deviation> {
    client.send(&ApiRequest::get("/health/ready")).await
}

/// `in_full` says that there are lines for each request.
fn serve_with(data: &Path, log: &Path, in_full: bool) -> ListeningChild {
    let log_filter = if in_full {
        "log.filter=debug"
    } else {
        "log.filter=info"
    };
    let set = [
        "storage.segment_mib=1",
        "storage.cache_mib=1",
        "storage.reserve_mib=1",
        "server.registrations_per_ip=0",
        log_filter,
    ];
    let launch = demo(data, log, &set);
    launch.start().unwrap_or_else(|fault| panic!("{fault}"))
}

fn serve(data: &Path, log: &Path) -> ListeningChild {
    serve_with(data, log, false)
}

/// Everything that was acknowledged is there.
async fn nothing_is_lost(errands: &[Errand]) {
    for errand in errands {
        let seen = errand.seen().await.unwrap();
        assert_eq!(seen.status, Status::Completed, "{}", errand.order);
    }
}

/// Fills the disk of one part under load, and gives its room back. `tells` says that readiness has to know.
async fn filled_and_freed(part: &str, tells: bool) {
    let mut disks = Disks::new();
    let disk = disks.at.path().join("disk");
    fs::create_dir(&disk).unwrap();
    if !disks.mount(&disk) {
        return;
    }
    let (data, log) = match part {
        "data" => (disk.join("data"), disks.at.path().join("log")),
        "log" => (disks.at.path().join("data"), disk.join("log")),
        _ => (disks.at.path().join("data"), disks.at.path().join("log")),
    };
    let mut child = serve_with(&data, &log, part == "log");
    let client = Client::new(&child.address).unwrap();
    let mut full = disk;
    if !["data", "log"].contains(&part) {
        // Something has to be there before it moves.
        Errand::at(&client, "completed").await.unwrap();
        stop(child);
        full = data.join(part);
        disks.move_to_own(&full);
        child = serve(&data, &log);
        client.move_to(&child.address);
    }
    let load = Load::begin(&client);
    load.more("orders before").await;
    for round in 0..2 {
        fill(&full);
        if tells {
            until(
                &format!("{part}: readiness tells of the full disk"),
                async || Ok(ready(&client).await?.status == 503),
            )
            .await;
        } else {
            tokio::time::sleep(20 * LOOK).await;
        }
        free(&full);
        load.more(&format!("{part}: orders go on, round {round}"))
            .await;
        until("readiness says ready", async || {
            Ok(ready(&client).await?.status == 200)
        })
        .await;
    }
    let errands = load.end().await;
    assert!(errands.len() > 6);
    nothing_is_lost(&errands).await;
    stop(child);
    verify(&data);
}

fn all() -> bool {
    std::env::var("CAMPUSG_FULL_DISK").is_ok_and(|parts| parts == "all")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_a_data_folder_whose_disk_was_full_goes_on_by_itself() {
    filled_and_freed("data", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_the_sandboxs_book_goes_on_by_itself_after_a_full_disk() {
    filled_and_freed("gateway", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_a_log_on_a_full_disk_stops_nobody() {
    filled_and_freed("log", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_every_other_part_goes_on_by_itself_after_a_full_disk() {
    if all() {
        filled_and_freed("journal", true).await;
        filled_and_freed("photos", false).await;
        filled_and_freed("vault", false).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_a_server_on_a_full_disk_starts_for_reads() {
    let mut disks = Disks::new();
    let disk = disks.at.path().join("disk");
    fs::create_dir(&disk).unwrap();
    if !disks.mount(&disk) {
        return;
    }
    let (data, log) = (disk.join("data"), disks.at.path().join("log"));
    let mut child = serve(&data, &log);
    let client = Client::new(&child.address).unwrap();
    let done = [Errand::at(&client, "completed").await.unwrap()];
    let open = Errand::at(&client, "on-site").await.unwrap();
    fill(&disk);
    let load = Load::begin(&client);
    until("the disk is full", async || {
        Ok(ready(&client).await?.status == 503)
    })
    .await;
    let _ = load.end().await;
    child.kill();
    for _ in 0..3 {
        child = serve(&data, &log);
        client.move_to(&child.address);
        let said = ready(&client).await.unwrap();
        said.refuses(503, "not_ready").unwrap();
        nothing_is_lost(&done).await;
        assert_eq!(open.seen().await.unwrap().status, Status::OnSite);
        let refused = open.buy().await;
        assert!(refused.map_or(true, |reply| reply.status >= 500));
        child.kill();
        fill(&disk);
    }
    child = serve(&data, &log);
    client.move_to(&child.address);
    free(&disk);
    until("readiness says ready", async || {
        Ok(ready(&client).await?.status == 200)
    })
    .await;
    open.carry_to("completed").await.unwrap();
    stop(child);
    verify(&data);
}
