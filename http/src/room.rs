//! The memory in which photos are received: one room for the bodies of all uploads.
//!
//! A place in it costs nothing; what counts are the bytes that have arrived. Once the room is full, the upload that has come
//! most slowly so far gives way, those of new accounts first, so nobody keeps others from uploading by sending slowly.
//!
//! Invariants: there are never more bytes in the room than fit. An upload that is whole, or has only just begun, gives way
//! to none, and that of an older account to none of a new one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// What is known of whoever uploads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// The account is young, and has not done anything for others; or it is suspended.
    #[default]
    New,
    /// The account has been there for a day, or has completed an order as a runner.
    Known,
}

/// A room; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    /// How long an upload comes before it may have to give way.
    begins: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    bytes: usize,
    uploads: HashMap<u64, Upload>,
}

#[derive(Debug)]
struct Upload {
    standing: Standing,
    since: Instant,
    bytes: usize,
    whole: bool,
    gives_way: Arc<Notify>,
}

impl Upload {
    /// Bytes per second so far.
    fn rate(&self, now: Instant) -> u128 {
        let ms = now.duration_since(self.since).as_millis().max(1);
        self.bytes as u128 * 1_000 / ms
    }
}

/// The bytes of one upload; they leave the room when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    room: Room,
    id: u64,
    gives_way: Arc<Notify>,
}

impl Room {
    pub(crate) fn new(most: usize, begins: Duration) -> Self {
        Self(Arc::new(Shared {
            most,
            begins,
            state: Mutex::default(),
        }))
    }

    /// Begins an upload.
    pub(crate) fn enter(&self, standing: Standing, now: Instant) -> Held {
        let mut state = self.lock();
        let (id, gives_way) = (state.next, Arc::new(Notify::new()));
        state.next += 1;
        let upload = Upload {
            standing,
            since: now,
            bytes: 0,
            whole: false,
            gives_way: Arc::clone(&gives_way),
        };
        state.uploads.insert(id, upload);
        Held {
            room: self.clone(),
            id,
            gives_way,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, id: u64) {
        if let Some(gone) = self.uploads.remove(&id) {
            self.bytes -= gone.bytes;
            gone.gives_way.notify_one();
        }
    }

    /// Which upload gives way to another one of this standing, if there is one; perhaps that one itself.
    fn slowest(&self, standing: Standing, now: Instant, begins: Duration) -> Option<u64> {
        let others = self.uploads.iter().filter(|(_, one)| {
            !one.whole && one.standing <= standing && now.duration_since(one.since) >= begins
        });
        let slowest = others.min_by_key(|(id, one)| (one.standing, one.rate(now), **id));
        slowest.map(|(id, _)| *id)
    }
}

impl Held {
    /// Makes room for bytes that have arrived; false if there is none, or if this upload had to give way.
    #[must_use]
    pub(crate) fn grow(&self, bytes: usize, now: Instant) -> bool {
        let mut state = self.room.lock();
        let Some(standing) = state.uploads.get(&self.id).map(|own| own.standing) else {
            return false;
        };
        while state.bytes + bytes > self.room.0.most {
            match state.slowest(standing, now, self.room.0.begins) {
                Some(slowest) if slowest != self.id => state.remove(slowest),
                Some(_) | None => return false,
            }
        }
        state.bytes += bytes;
        if let Some(own) = state.uploads.get_mut(&self.id) {
            own.bytes += bytes;
        }
        true
    }

    /// Notes that the whole body has arrived.
    pub(crate) fn is_whole(&self) {
        if let Some(own) = self.room.lock().uploads.get_mut(&self.id) {
            own.whole = true;
        }
    }

    /// Waits until the upload has to give way.
    pub(crate) async fn given_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.lock().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINS: Duration = Duration::from_secs(5);

    fn after(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    fn gave_way(held: &Held) -> bool {
        !held.room.lock().uploads.contains_key(&held.id)
    }

    #[test]
    fn v4_the_slowest_upload_gives_way_once_the_room_is_full() {
        let (room, begin) = (Room::new(100, BEGINS), Instant::now());
        let slow = room.enter(Standing::Known, begin);
        let quick = room.enter(Standing::Known, begin);
        assert!(slow.grow(30, begin) && quick.grow(60, begin));
        let next = room.enter(Standing::Known, after(begin, 5));
        assert!(next.grow(40, after(begin, 5)));
        assert!(gave_way(&slow) && !gave_way(&quick));
        assert!(!slow.grow(1, after(begin, 6)), "it has given way");
        assert_eq!(room.lock().bytes, 100);
        drop((slow, quick, next));
        assert_eq!(room.lock().bytes, 0);
    }

    #[test]
    fn v4_uploads_of_new_accounts_give_way_first() {
        let (room, begin) = (Room::new(100, BEGINS), Instant::now());
        let known = room.enter(Standing::Known, begin);
        let new = room.enter(Standing::New, begin);
        assert!(known.grow(10, begin) && new.grow(80, begin));
        let next = room.enter(Standing::New, after(begin, 6));
        assert!(next.grow(50, after(begin, 6)));
        assert!(gave_way(&new) && !gave_way(&known));
        let more = room.enter(Standing::New, after(begin, 7));
        assert!(
            !more.grow(50, after(begin, 7)),
            "a known one gives way to no new one"
        );
        assert!(!gave_way(&known));
    }

    #[test]
    fn v4_what_is_whole_or_has_just_begun_gives_way_to_none() {
        let (room, begin) = (Room::new(100, BEGINS), Instant::now());
        let whole = room.enter(Standing::New, begin);
        assert!(whole.grow(50, begin));
        whole.is_whole();
        let young = room.enter(Standing::New, after(begin, 8));
        assert!(young.grow(50, after(begin, 8)));
        let late = room.enter(Standing::Known, after(begin, 9));
        assert!(!late.grow(1, after(begin, 9)));
        assert!(!gave_way(&whole) && !gave_way(&young));
    }
}
