//! The open connections: how many there are, and which is closed when another one needs its place.
//!
//! Invariants: there are never more than configured, in total and per address. A connection is closed for another one
//! only while it is idle: no request of it is being answered. The one that has been idle longest goes first.

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};
use tokio::{sync::Notify, time::Instant};

/// All open connections; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    per_address: usize,
    freed: Notify,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    address: IpAddr,
    /// Requests that are being answered.
    answering: usize,
    /// When it was opened, or had answered last.
    since: Instant,
    close: Arc<Notify>,
}

/// Why a connection gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All places of its address are taken, and none by an idle connection.
    OfAddress,
    /// All places are taken, and none by an idle connection.
    AtAll,
}

/// The place of a connection; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    connections: Connections,
    id: u64,
    close: Arc<Notify>,
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub(crate) struct Answering {
    connections: Connections,
    id: u64,
}

impl Connections {
    pub(crate) fn new(most: usize, per_address: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            per_address,
            freed: Notify::new(),
            open: Mutex::default(),
        }))
    }

    /// Takes a place for a connection from `address`, if need be that of an idle one.
    pub(crate) fn enter(&self, address: IpAddr, now: Instant) -> Result<Held, NoPlace> {
        let mut open = self.lock();
        let of_address = open.all.values().filter(|one| one.address == address);
        if of_address.count() >= self.0.per_address
            && !open.close_idlest(|one| one.address == address)
        {
            return Err(NoPlace::OfAddress);
        }
        if open.all.len() >= self.0.most && !open.close_idlest(|_| true) {
            return Err(NoPlace::AtAll);
        }
        let (id, close) = (open.next, Arc::new(Notify::new()));
        open.next += 1;
        let entry = Entry {
            address,
            answering: 0,
            since: now,
            close: Arc::clone(&close),
        };
        open.all.insert(id, entry);
        Ok(Held {
            connections: self.clone(),
            id,
            close,
        })
    }

    /// Waits until a place is given back, or a connection is idle again.
    pub(crate) async fn freed(&self) {
        self.0.freed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Takes the place of the connection that has been idle longest among some; false if none of them is idle.
    fn close_idlest(&mut self, among: impl Fn(&Entry) -> bool) -> bool {
        let idle = self.all.iter();
        let idle = idle.filter(|(_, one)| one.answering == 0 && among(one));
        let Some(id) = idle.min_by_key(|(_, one)| one.since).map(|(id, _)| *id) else {
            return false;
        };
        if let Some(entry) = self.all.remove(&id) {
            entry.close.notify_one();
        }
        true
    }
}

impl Held {
    /// Waits until the place has been given to another connection.
    pub(crate) async fn taken(&self) {
        self.close.notified().await;
    }

    /// Marks that a request of this connection is being answered.
    pub(crate) fn answering(&self) -> Answering {
        if let Some(entry) = self.connections.lock().all.get_mut(&self.id) {
            entry.answering += 1;
        }
        Answering {
            connections: self.connections.clone(),
            id: self.id,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connections.lock().all.remove(&self.id);
        self.connections.0.freed.notify_one();
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(entry) = self.connections.lock().all.get_mut(&self.id) {
            entry.answering = entry.answering.saturating_sub(1);
            entry.since = Instant::now();
        }
        self.connections.0.freed.notify_one();
    }
}

/// A body that keeps its connection from being idle until it has been sent.
pub(crate) struct Kept {
    body: Body,
    _answering: Answering,
}

impl Kept {
    pub(crate) const fn new(body: Body, answering: Answering) -> Self {
        Self {
            body,
            _answering: answering,
        }
    }
}

impl HttpBody for Kept {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use std::{net::Ipv4Addr, time::Duration};

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const AWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    fn open(connections: &Connections) -> Vec<u64> {
        let mut open: Vec<u64> = connections.lock().all.keys().copied().collect();
        open.sort_unstable();
        open
    }

    #[tokio::test]
    async fn v10_the_idlest_connection_of_an_address_goes_first() {
        let (connections, now) = (Connections::new(10, 3), Instant::now());
        let later = |ms| now + Duration::from_millis(ms);
        let other = connections.enter(AWAY, now).unwrap();
        let busy = connections.enter(HOME, now).unwrap();
        let _answering = busy.answering();
        let idlest = connections.enter(HOME, later(1)).unwrap();
        let idle = connections.enter(HOME, later(2)).unwrap();
        let new = connections.enter(HOME, later(3)).unwrap();
        idlest.taken().await;
        assert_eq!(open(&connections), [other.id, busy.id, idle.id, new.id]);
        drop(idlest);
        assert_eq!(open(&connections).len(), 4, "its place is another's");
    }

    #[tokio::test]
    async fn v10_of_all_addresses_the_idlest_connection_goes_first() {
        let (connections, now) = (Connections::new(2, 2), Instant::now());
        let first = connections.enter(HOME, now).unwrap();
        let second = connections.enter(AWAY, now).unwrap();
        drop(first.answering());
        let third = connections.enter(HOME, now).unwrap();
        second.taken().await;
        assert_eq!(open(&connections), [first.id, third.id]);
    }

    #[test]
    fn v10_who_is_being_answered_keeps_their_place() {
        let (connections, now) = (Connections::new(2, 1), Instant::now());
        let home = connections.enter(HOME, now).unwrap();
        let away = connections.enter(AWAY, now).unwrap();
        let _answering = (home.answering(), away.answering());
        let refused = |address| connections.enter(address, now).unwrap_err();
        assert_eq!(refused(HOME), NoPlace::OfAddress);
        assert_eq!(refused(IpAddr::V4(Ipv4Addr::LOCALHOST)), NoPlace::AtAll);
        drop(home);
        assert!(connections.enter(HOME, now).is_ok());
    }
}
