//! The accept loop. Our own, since axum's sets no timer, and without one hyper keeps no header time-out.
//!
//! Invariant: a connection that sends nothing is closed after the header time-out, and there are never more
//! connections than configured, in all and from one address.
//! Source: axum 0.8.9 `serve/mod.rs`, hyper 1 `common/time.rs`.

use crate::{client::Peer, config::HttpConfig};
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    collections::HashMap,
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::Service;

/// Serves until `stop`; then takes no more connections and lets requests in flight end. Returns how many connections
/// had to be cut when the time for that was over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: HttpConfig,
    stop: impl Future<Output = ()>,
) -> usize {
    let slots = Arc::new(Semaphore::new(config.connections));
    let addresses = Addresses::default();
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer, slot) = tokio::select! {
            () = &mut stop => break,
            Some(ended) = open.join_next() => { note(ended); continue }
            accepted = accept(&listener, &slots) => match accepted { Some(accepted) => accepted, None => continue },
        };
        let Some(place) = addresses.enter(peer, config.connections_per_ip) else {
            continue;
        };
        let connection = connection(stream, peer, router.clone(), &config, stopped.clone());
        open.spawn(async move {
            connection.await;
            drop((slot, place));
        });
    }
    drop(listener);
    stopping.send_replace(true);
    drain(open, Duration::from_millis(config.drain_timeout_ms)).await
}

/// Waits for a free slot, then for a connection.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip().to_canonical(), slot)),
        Err(fault) => {
            tracing::warn!(%fault, "a connection could not be accepted");
            // Mostly "too many open files", which a busy loop would only make worse.
            sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Serves one connection to its end. Not `async` itself, so that it borrows nothing of the configuration.
fn connection(
    stream: TcpStream,
    peer: IpAddr,
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
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        // A router is ready at any time.
        router.clone().call(request.map(Body::new))
    });
    async move {
        // Without it an answer may wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
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

/// Waits for the stop; a sender that is gone has stopped too.
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

/// Connections by address.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place; given back when dropped.
struct Place(Addresses, IpAddr);

impl Addresses {
    fn enter(&self, address: IpAddr, most: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place(self.clone(), address))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}
