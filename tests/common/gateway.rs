//! The sandbox gateway as a process of its own, with a book that no kill of the server can touch.

use super::{program, text};
use campusg_robots::walkthrough::{Launch, ListeningChild};
use campusg_sandbox::{RemoteGateway, Totals};
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};
use tempfile::TempDir;

/// A running sandbox gateway.
#[derive(Debug)]
pub struct Gateway {
    folder: TempDir,
    set: Vec<String>,
    address: SocketAddr,
    child: Option<ListeningChild>,
}

/// An address that nobody listens on: for a gateway that is started after the server that has to know it.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Gateway {
    /// Starts it with an empty book, on a free port.
    pub fn start(set: &[&str]) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), set)
    }

    /// Starts it with an empty book, at this address.
    pub fn start_at(address: SocketAddr, set: &[&str]) -> Self {
        let mut gateway = Self {
            folder: TempDir::new().unwrap(),
            set: set.iter().map(ToString::to_string).collect(),
            address,
            child: None,
        };
        gateway.start_again();
        gateway
    }

    /// Starts it with the book that is there, where it listened before.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let (address, book) = (self.address.to_string(), self.book());
        let mut arguments = vec!["sandbox-gateway", "--address", &address, "--book"];
        arguments.push(text(&book));
        arguments.extend(self.set.iter().flat_map(|set| ["--set", set.as_str()]));
        let launch = Launch {
            program: program(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            log: self.folder.path().join("gateway.log"),
        };
        let child = launch.start().unwrap_or_else(|fault| panic!("{fault}"));
        self.address = child.address.parse().unwrap();
        self.child = Some(child);
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.take().expect("it runs").kill();
    }

    fn book(&self) -> PathBuf {
        self.folder.path().join("book.jsonl")
    }

    fn place(&self) -> PathBuf {
        self.book().with_extension("pushed")
    }

    /// The last event that it has sent, and that was taken; 0 where none was.
    pub fn sent(&self) -> u64 {
        let place = fs::read_to_string(self.place()).unwrap_or_default();
        place.trim().parse().unwrap_or_default()
    }

    /// Forgets which events it has sent; it is not running.
    pub fn forget_what_was_sent(&self) {
        assert!(self.child.is_none(), "it runs");
        fs::remove_file(self.place()).unwrap();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The keys that point a server at it.
    pub fn settings(&self) -> Vec<String> {
        settings(self.address)
    }

    /// A way to it.
    pub fn connect(&self) -> RemoteGateway {
        RemoteGateway::new(self.address(), 2, 10_000)
    }

    /// What it has done for one order, or for all.
    pub async fn totals(&self, order: Option<&str>) -> Totals {
        let stream = order.map(|order| format!("order:{order}"));
        self.connect().totals(stream).await.unwrap()
    }
}

/// The keys that point a server at a gateway that is there, or will be.
pub fn settings(address: SocketAddr) -> Vec<String> {
    vec![format!("sandbox.address={address}")]
}
