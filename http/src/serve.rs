//! The accept loop. axum's own loop sets no timer, and without one hyper applies no header time-out.
//!
//! Invariants: a connection that sends nothing is closed after the header time-out, one that reads nothing after the
//! write time-out; there are never more connections than configured, in total and per address. One that is idle makes room
//! for a new one.
//! Source: axum 0.8.9 `serve/mod.rs`, hyper 1 `common/time.rs`.

use crate::{
    bare_refusal::Explained,
    client::{Peer, counted},
    config::HttpConfig,
    connections::{Connections, Held, Kept, NoPlace},
    linger::{Lingering, Unread, Watched},
    progress::Progress,
};
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{future::Future, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower::Service;

/// Tells what goes on for long, as a stream, that the server stops.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the server stops.
    pub(crate) async fn begins(&mut self) {
        stop(&mut self.0).await;
    }
}

/// Serves until `stop` is sent, then accepts no more connections and lets requests in flight end. Returns how many
/// connections had to be cut because they took longer than `drain_timeout_ms`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: HttpConfig,
    stop: impl Future<Output = ()>,
) -> usize {
    let connections = Connections::new(config.connections, config.connections_per_ip);
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut waiting = None;
    tokio::pin!(stop);
    loop {
        let (stream, peer, held) = tokio::select! {
            () = &mut stop => break,
            Some(ended) = open.join_next() => { note(ended); continue }
            accepted = accept(&listener, &connections, &mut waiting) => match accepted { Some(accepted) => accepted, None => continue },
        };
        open.spawn(connection(
            (stream, peer, held),
            router.clone(),
            &config,
            stopped.clone(),
        ));
    }
    drop(listener);
    stopping.send_replace(true);
    drain(open, Duration::from_millis(config.drain_timeout_ms)).await
}

/// Waits for a connection, then for its place; `None` if accepting failed, or if all places of its address are taken by
/// connections that are not idle. If the future is dropped, a connection that waits for its place stays in `waiting`.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
    waiting: &mut Option<(TcpStream, IpAddr)>,
) -> Option<(TcpStream, IpAddr, Held)> {
    if waiting.is_none() {
        match listener.accept().await {
            Ok((stream, peer)) => *waiting = Some((stream, peer.ip().to_canonical())),
            Err(fault) => {
                tracing::warn!(%fault, "a connection could not be accepted");
                // Usually "too many open files", which a busy loop would only make worse.
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let peer = waiting.as_ref()?.1;
    let held = loop {
        match connections.enter(counted(peer), Instant::now()) {
            Ok(held) => break Some(held),
            Err(NoPlace::OfAddress) => break None,
            Err(NoPlace::AtAll) => connections.freed().await,
        }
    };
    let (stream, peer) = waiting.take()?;
    Some((stream, peer, held?))
}

/// Serves one connection to its end. Not `async` itself, so that the future borrows nothing of the configuration.
fn connection(
    (stream, peer, held): (TcpStream, IpAddr, Held),
    router: Router,
    config: &HttpConfig,
    mut stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.header_timeout_ms))
        .max_headers(config.max_headers)
        .max_buf_size(config.buffer_bytes);
    let longest_write = Duration::from_millis(config.write_timeout_ms);
    let held = Arc::new(held);
    let place = Arc::clone(&held);
    let unread = Unread::default();
    let watching = unread.clone();
    let stopping = Stopping(stopped.clone());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(stopping.clone());
        let answering = place.answering();
        // A `Router` is always ready, so `poll_ready` is not needed.
        let answer = router
            .clone()
            .call(request.map(|body| Body::new(Watched::new(Body::new(body), watching.clone()))));
        async move {
            let answer = answer.await;
            answer.map(|answer| answer.map(|body| Body::new(Kept::new(body, answering))))
        }
    });
    async move {
        // Without `TCP_NODELAY` a response may wait until the client has acknowledged the previous one.
        let _ = stream.set_nodelay(true);
        let stream = Lingering::new(Progress::new(stream, longest_write), unread.clone());
        let stream = Explained::new(stream, unread);
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
            () = held.taken() => return,
            () = stop(&mut stopped) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(fault) = ended {
            tracing::debug!(%fault, "a connection ended early");
        }
    }
}

/// Waits for the stop signal; a dropped sender counts as one.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn drain(mut open: JoinSet<()>, span: Duration) -> usize {
    let ended = async {
        while let Some(ended) = open.join_next().await {
            note(ended)
        }
    };
    if timeout(span, ended).await.is_ok() {
        return 0;
    }
    let cut = open.len();
    tracing::warn!(connections = cut, "connections were cut when stopping");
    open.shutdown().await;
    cut
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        tracing::error!(%fault, "a connection's task panicked");
    }
}
