//! Reaches a sandbox gateway in another process: a pool of connections, each with one request at a time.
//!
//! Must not: send a request twice; the caller repeats it under the same key if it wants to.
//! Invariants: a connection goes back to the pool only after a whole, matching reply, so a late reply is never taken
//! for that of another request; after a failure the idle connections are closed too, since they are probably dead.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use campusg_domain::gateway::BoxFuture;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::gateway::{Sandbox, Transport};
use super::wire::{Ask, AskLine, Reply, ReplyLine, read_line, to_line};

const UNPOISONED: &str = "nothing panics while it holds the pool";

/// The sandbox gateway, reached over loopback in another process.
pub type RemoteGateway = Sandbox<Pool>;

/// A pool of connections to one address.
pub struct Pool {
    address: SocketAddr,
    permits: Semaphore,
    // Invariant: each of these has had a whole reply to its last request.
    idle: Mutex<Vec<BufReader<TcpStream>>>,
    last_id: AtomicU64,
}

impl RemoteGateway {
    /// A gateway at `address` over at most `connections` connections; it connects with the first request. Waits at most
    /// `timeout_ms` milliseconds for a reply.
    #[must_use]
    pub fn new(address: SocketAddr, connections: usize, timeout_ms: u64) -> Self {
        let pool = Pool {
            address,
            permits: Semaphore::new(connections.max(1)),
            idle: Mutex::default(),
            last_id: AtomicU64::new(0),
        };
        Self::over(pool, timeout_ms)
    }
}

impl Transport for Pool {
    fn exchange(&self, ask: Ask) -> BoxFuture<'_, Option<Reply>> {
        Box::pin(async move {
            let _permit = self
                .permits
                .acquire()
                .await
                .expect("the semaphore is never closed");
            let reply = self.exchange_once(ask).await;
            reply.inspect_err(|fault| self.note_failure(fault)).ok()
        })
    }
}

impl Pool {
    async fn exchange_once(&self, op: Ask) -> io::Result<Reply> {
        let idle = self.idle.lock().expect(UNPOISONED).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        connection
            .get_mut()
            .write_all(&to_line(&AskLine { id, op }))
            .await?;
        let mut line = Vec::new();
        if !read_line(&mut connection, &mut line).await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let reply: ReplyLine = serde_json::from_slice(&line)?;
        if reply.id != id {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the reply is to another request",
            ));
        }
        self.idle.lock().expect(UNPOISONED).push(connection);
        Ok(reply.reply)
    }

    async fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    fn note_failure(&self, fault: &io::Error) {
        tracing::warn!(gateway.address = %self.address, error = %fault, "payment gateway not reached");
        self.idle.lock().expect(UNPOISONED).clear();
    }
}
