//! The sandbox gateway as a process of its own: it answers lines of JSON on a loopback socket, one request at a time per
//! connection.
//!
//! Must not: listen on anything but loopback, since it trusts whoever connects.
//! Invariant: at most [`MAX_CONNECTIONS`] connections at a time; dropping the future closes them all.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::desk::Desk;
use super::wire::{AskLine, Reply, ReplyLine, read_line, to_line};

/// Most connections that are served at a time; further ones wait to be accepted.
pub const MAX_CONNECTIONS: usize = 128;

/// Serves requests until accepting fails; drop the future to stop.
///
/// # Errors
/// `InvalidInput` if the listener is not on loopback; or an error of accepting that is not about one connection only.
pub async fn serve(listener: TcpListener, desk: Desk) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the sandbox gateway serves loopback only",
        ));
    }
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let permit = Arc::clone(&permits)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(fault) if fault.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(fault) => return Err(fault),
        };
        let desk = desk.clone();
        connections.spawn(async move {
            let _permit = permit;
            if let Err(fault) = converse(stream, &desk).await {
                tracing::debug!(error = %fault, "sandbox gateway connection ended");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, desk: &Desk) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    while read_line(&mut read, &mut line).await? {
        let Ok(AskLine { id, op }) = serde_json::from_slice(&line) else {
            let reply = ReplyLine {
                id: 0,
                reply: Reply::Unreadable,
            };
            return write.write_all(&to_line(&reply)).await;
        };
        let reply = desk.handle(op).await;
        write.write_all(&to_line(&ReplyLine { id, reply })).await?;
    }
    Ok(())
}
