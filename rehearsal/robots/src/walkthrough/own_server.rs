//! A temporary server for one walkthrough: a child process on its own folder, with demo accounts and a virtual clock.
//!
//! Invariant: process and folder are gone once it is dropped.

use super::{Launch, ListeningChild, Setting};
use campusg_client::{Client, Deviation, Person};
use campusg_domain::{id::Seq, record::Entry, transitions::Met};
use campusg_storage::{codec::decode_record, disk::RealDisk, journal::JournalReader};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// A temporary server.
#[derive(Debug)]
pub struct OwnServer {
    // Dropped in this order: nobody writes to the folder any more when it goes.
    child: ListeningChild,
    folder: Folder,
    program: PathBuf,
}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is left to whoever tidies the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An entry of `demo-logins.json`, which the server writes.
#[derive(Deserialize)]
struct Login {
    role: String,
    email: String,
    password: String,
}

impl OwnServer {
    /// Starts the program `campusg` on a new folder, with the configuration of this setting.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not come to listen.
    pub fn start(program: &Path, setting: Setting) -> Result<Self, Deviation> {
        let folder = fresh_folder()?;
        let data = folder.0.join("data").display().to_string();
        let mut arguments = vec![
            "serve",
            "--demo",
            "--virtual-clock",
            "--listen",
            "127.0.0.1:0",
        ];
        arguments.extend(["--data", &data]);
        let keys = setting.keys();
        arguments.extend(keys.iter().flat_map(|key| ["--set", key]));
        let launch = Launch {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            log: folder.0.join("server.log"),
        };
        let child = launch
            .start()
            .map_err(|fault| broken("a server of its own", &fault))?;
        Ok(Self {
            child,
            folder,
            program: program.into(),
        })
    }

    /// The address on which it listens, as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.child.address
    }

    /// Signs in the operator of the demo accounts.
    ///
    /// # Errors
    /// A [`Deviation`] if there is none, or the login is refused.
    pub async fn operator(&self, client: &Client) -> Result<Person, Deviation> {
        let path = self.data().join("demo-logins.json");
        let read = fs::read(&path).map_err(|fault| broken("the demo's logins", &fault))?;
        let logins: Vec<Login> =
            serde_json::from_slice(&read).map_err(|fault| broken("the demo's logins", &fault))?;
        let operator = logins.iter().find(|login| login.role == "operator");
        let operator = operator
            .ok_or_else(|| Deviation::new("an operator among the demo's logins", "none"))?;
        Person::sign_in(client, &operator.email, &operator.password).await
    }

    /// Stops the server and verifies its folder. Returns the output of `campusg verify`, and the transitions of the lifecycle
    /// that its journal contains.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not stop in order, or the verification fails.
    pub fn stop_and_verify(mut self) -> Result<(String, BTreeSet<&'static str>), Deviation> {
        let status = self
            .child
            .stop()
            .map_err(|fault| broken("the server to stop", &fault))?;
        if !status.success() {
            return Err(Deviation::new(
                "the server to stop in order",
                format!("{status}: {}", self.child.log()),
            ));
        }
        let data = self.data();
        let verified = Command::new(&self.program)
            .arg("verify")
            .arg("--data")
            .arg(data)
            .output();
        let verified = verified.map_err(|fault| broken("a verification", &fault))?;
        let said = String::from_utf8_lossy(&verified.stdout).trim().to_owned();
        if verified.status.success() {
            return Ok((said, self.transitions()?));
        }
        let why = String::from_utf8_lossy(&verified.stderr);
        Err(Deviation::new(
            "a sound data folder",
            format!("{}: {said} {why}", verified.status),
        ))
    }

    /// The transitions of the lifecycle that the journal of the stopped server contains.
    fn transitions(&self) -> Result<BTreeSet<&'static str>, Deviation> {
        let unread = |fault: &dyn Display| broken("a journal to read", fault);
        let reader = JournalReader::open(Arc::new(RealDisk), &self.data().join("journal"));
        let mut met = Met::default();
        for stored in reader.map_err(|fault| unread(&fault))?.read_from(1) {
            let stored = stored.map_err(|fault| unread(&fault))?;
            let record = decode_record(stored.tag, &stored.payload);
            let record = record.map_err(|fault| unread(&fault))?;
            let seq = Seq(stored.seq);
            met.fold(&Entry { seq, record });
        }
        Ok(met.met())
    }

    fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }
}

fn fresh_folder() -> Result<Folder, Deviation> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|fault| broken("random bytes", &fault))?;
    let path = std::env::temp_dir().join(format!(
        "campusg-walkthrough-{:016x}",
        u64::from_be_bytes(bytes)
    ));
    fs::create_dir(&path).map_err(|fault| broken("a temporary folder", &fault))?;
    Ok(Folder(path))
}

fn broken(what: &str, fault: &dyn Display) -> Deviation {
    Deviation::new(what, fault.to_string())
}
