//! The sandbox gateway as a process of its own, with a book that no kill of the server can touch.

use super::{PROGRAM, text};
use campusg::walkthrough::{Launch, ListeningChild};
use campusg_actors::sandbox::{RemoteGateway, Totals};
use std::net::SocketAddr;
use tempfile::TempDir;

/// A running sandbox gateway.
#[derive(Debug)]
pub struct Gateway {
    _folder: TempDir,
    child: ListeningChild,
}

impl Gateway {
    /// Starts it with an empty book.
    pub fn start(set: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let book = folder.path().join("book.jsonl");
        let mut arguments = vec![
            "sandbox-gateway",
            "--address",
            "127.0.0.1:0",
            "--book",
            text(&book),
        ];
        arguments.extend(set.iter().flat_map(|set| ["--set", set]));
        let launch = Launch {
            program: PROGRAM.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            log: folder.path().join("gateway.log"),
        };
        let child = launch.start().unwrap_or_else(|fault| panic!("{fault}"));
        Self {
            _folder: folder,
            child,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.child.address.parse().unwrap()
    }

    /// The keys that point a server at it.
    pub fn settings(&self) -> Vec<String> {
        vec![
            "gateway.mode=remote".into(),
            format!("gateway.address={}", self.address()),
        ]
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
