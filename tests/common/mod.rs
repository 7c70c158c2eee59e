//! The real program as a process of its own, on a data folder of its own, for tests over HTTP.
//!
//! Invariant: process and folder are gone once the test that started them has ended, however it ends.

#![allow(
    dead_code,
    reason = "each test file uses its own part of what all of them share"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

pub mod desk;
pub mod events;
pub mod gateway;
pub mod in_process;
pub mod raw;
pub mod turn;
pub mod wallet;

use campusg_client::{
    Client, Deviation, Person,
    answer::{Order, Page, Transfer},
    operation,
};
use campusg_robots::walkthrough::{Launch, ListeningChild, Scenario, Scene, Story};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// The program under test: the one that was built with the tests, or the one that `CAMPUSG_PROGRAM` names, for measurements.
pub fn program() -> PathBuf {
    let named = std::env::var_os("CAMPUSG_PROGRAM");
    named.map_or_else(|| env!("CARGO_BIN_EXE_campusg").into(), PathBuf::from)
}

pub const OPERATOR: &str = "operator@campus.example";
pub const PASSWORD: &str = "end-to-end-2026";

/// What a server is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether its clock can be moved on.
    pub virtual_clock: bool,
    /// Keys of the configuration, as `policy.pin_tries=3`.
    pub set: Vec<String>,
}

impl Options {
    /// A server whose clock can be moved on, with these keys set.
    pub fn virtual_clock(set: &[&str]) -> Self {
        let set = set.iter().map(ToString::to_string).collect();
        Self {
            virtual_clock: true,
            set,
        }
    }
}

/// A server with one operator.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    options: Options,
    more: Vec<String>,
    child: Option<ListeningChild>,
}

impl Server {
    /// A line of what the system knows of the process, in KiB, such as `VmRSS`.
    pub fn memory_kib(&self, what: &str) -> u64 {
        let id = self.child.as_ref().expect("it runs").id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    /// Makes a data folder with an operator, and starts a server on it.
    pub fn start(options: Options) -> Self {
        let folder = TempDir::new().unwrap();
        let mut server = Self {
            folder,
            options,
            more: vec![],
            child: None,
        };
        server.make_operator();
        server.start_again();
        server
    }

    /// As [`Self::start`], with a clock that can be moved on, and amounts in this currency.
    pub fn start_in(currency: &str) -> Self {
        Self::start(Options::virtual_clock(&[&format!(
            "policy.currency={currency}"
        )]))
    }

    fn make_operator(&self) {
        let file = self.folder.path().join("password");
        fs::write(&file, format!("{PASSWORD}\n")).unwrap();
        let data = self.data();
        let mut arguments = vec![
            "operator",
            "create",
            "--data",
            text(&data),
            "--email",
            OPERATOR,
            "--password-file",
            text(&file),
        ];
        // The first who opens a folder decides on its currency.
        let of_currency = |set: &&String| set.starts_with("policy.currency=");
        let currency = self.options.set.iter().find(of_currency);
        arguments.extend(currency.iter().flat_map(|set| ["--set", set.as_str()]));
        let made = run(&arguments);
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    /// Starts it on the folder that is there; it gets another port.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let child = self.launch().start();
        self.child = Some(child.unwrap_or_else(|fault| panic!("{fault}")));
    }

    /// Starts it on the folder that is there by another clock, with these arguments too.
    pub fn start_by(&mut self, virtual_clock: bool, more: &[&str]) {
        self.options.virtual_clock = virtual_clock;
        self.more = more.iter().map(ToString::to_string).collect();
        self.start_again();
    }

    /// Begins to start it, to be killed while it opens its folder.
    pub fn begin_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        self.child = Some(self.launch().begin().unwrap());
    }

    fn launch(&self) -> Launch {
        let data = self.data();
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", text(&data)];
        if self.options.virtual_clock {
            arguments.push("--virtual-clock");
        }
        arguments.extend(
            self.options
                .set
                .iter()
                .flat_map(|set| ["--set", set.as_str()]),
        );
        arguments.extend(self.more.iter().map(String::as_str));
        Launch {
            program: program(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            log: self.folder.path().join("server.log"),
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill();
    }

    /// Stops it in order.
    pub fn stop(&mut self) {
        stop(self.child.take().expect("it runs"));
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.child.as_ref().expect("it runs").address
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// A way to it.
    pub fn client(&self) -> Client {
        Client::new(self.address()).unwrap()
    }

    /// Its operator.
    pub async fn operator(&self, client: &Client) -> Person {
        Person::sign_in(client, OPERATOR, PASSWORD).await.unwrap()
    }

    /// A scene with its operator, remembered and not printed.
    pub async fn scene(&self) -> Scene {
        let client = self.client();
        let operator = self.operator(&client).await;
        Scene::open(client, Some(operator), Story::silent())
            .await
            .unwrap()
    }

    /// Asks `campusg verify` about the folder of the stopped server.
    pub fn verify(&self) -> String {
        verify(&self.data())
    }
}

/// The demo server on this data folder, with these keys of the configuration set.
pub fn demo(data: &Path, log: &Path, set: &[&str]) -> Launch {
    let arguments = [
        "serve",
        "--demo",
        "--listen",
        "127.0.0.1:0",
        "--data",
        text(data),
    ];
    let keys = set.iter().flat_map(|key| ["--set", key]);
    Launch {
        program: program(),
        arguments: arguments.into_iter().chain(keys).map(Into::into).collect(),
        log: log.into(),
    }
}

/// Stops a server in order.
pub fn stop(mut child: ListeningChild) {
    let status = child.stop().unwrap_or_else(|fault| panic!("{fault}"));
    assert!(status.success(), "{status}: {}", child.log());
}

/// Runs the program to its end, without this process's settings.
pub fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CAMPUSG_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Asks `campusg verify` about a folder; it has to be sound.
pub fn verify(data: &Path) -> String {
    let verified = run(&["verify", "--data", text(data)]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    let why = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{said}\n{why}");
    said
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// Plays a scenario on a server; nothing of it may be left out.
pub async fn play(scenario: Scenario, server: &Server) {
    let scene = server.scene().await;
    let played = scenario.play(&scene).await;
    let told = scene.story.transcript();
    if let Err(deviation) = played {
        panic!("{deviation}\n{told}");
    }
    assert!(!told.contains("left out"), "{told}");
    proven(&scene).await;
}

/// The operator of a scene.
pub fn operator(scene: &Scene) -> &Person {
    let operator = scene.operator.as_ref();
    operator.expect("a test has an operator")
}

/// The ledger adds up.
pub async fn proven(scene: &Scene) {
    let operator = scene.operator.as_ref().expect("a test has an operator");
    operator.add_up().await.unwrap();
}

/// The transfers of an order as `debit→credit cents phase`, oldest first, with kinds of accounts instead of names.
pub async fn transfers(scene: &Scene, order: &str) -> Result<Vec<String>, Deviation> {
    let transfers: Page<Transfer> = operator(scene)
        .read(operation::desk::transfers(order))
        .await?;
    let kind = |account: &str| account.split(':').next().unwrap_or_default().to_owned();
    let line = |transfer: &Transfer| {
        let (debit, credit) = (kind(&transfer.debit), kind(&transfer.credit));
        format!(
            "{debit}→{credit} {} {}",
            transfer.amount_cents, transfer.phase
        )
    };
    Ok(transfers.items.iter().map(line).collect())
}

/// Moves the clock on in steps, each after the one before has shown, until an order is so.
///
/// Bounded by `steps`; what a step sets off is waited for by looking at the order's version.
pub async fn pass_until(
    scene: &Scene,
    order: &str,
    (steps, step_ms): (usize, u64),
    is_so: impl Fn(&Order) -> bool,
) -> Result<Order, Deviation> {
    let operator = scene.operator.as_ref().expect("a test has an operator");
    let mut seen = operator.order(order).await?;
    for _ in 0..steps {
        if is_so(&seen) {
            return Ok(seen);
        }
        scene.pass(step_ms).await?;
        let moved = |order: &Order| {
            let answered = order.calls.iter().all(|call| call.state != "open");
            let changed = order.version > seen.version && order.calls != seen.calls;
            is_so(order) || (answered && changed)
        };
        seen = operator
            .order_until(order, "moved on by the clock", moved)
            .await?;
    }
    if is_so(&seen) {
        Ok(seen)
    } else {
        Err(Deviation::new(
            "an end within the steps",
            format!("{seen:?}"),
        ))
    }
}
