//! Who waits for a change of the snapshots: of a feed, of an order, or of the board.
//!
//! Must not: hold content. Whoever waits is woken and reads what is new, so that a slow one costs nothing but its place, and
//! many changes while it reads are one.
//!
//! Invariants: a change that can be read wakes everybody who subscribed before it was folded; nothing is kept for what nobody
//! waits for.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use campusg_domain::{
    id::{OrderId, Seq},
    notice::Audience,
};
use tokio::sync::watch;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// Records that an audience may see.
    Feed(Audience),
    /// Records of an order.
    Order(OrderId),
    /// The orders that runners may take, or what is shown of one of them.
    Board,
}

/// Everybody who waits. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchers(Arc<Mutex<HashMap<Watched, watch::Sender<Seq>>>>);

/// A subscription, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    what: Watched,
    last: watch::Receiver<Seq>,
    all: Watchers,
}

impl Watchers {
    /// Subscribes to every change from now on.
    pub(crate) fn watch(&self, what: Watched) -> Watch {
        let mut all = self.lock();
        let sender = all
            .entry(what)
            .or_insert_with(|| watch::Sender::new(Seq::NONE));
        Watch {
            what,
            last: sender.subscribe(),
            all: self.clone(),
        }
    }

    /// Whether somebody waits for anything.
    pub(crate) fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Wakes whoever waits for what has changed up to `seq`.
    pub(crate) fn wake(&self, changed: &BTreeSet<Watched>, seq: Seq) {
        let all = self.lock();
        for sender in changed.iter().filter_map(|what| all.get(what)) {
            sender.send_replace(seq);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Watched, watch::Sender<Seq>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Waits for a change since the last call, and returns the record that made it. Never returns once the projector has
    /// ended.
    pub async fn changed(&mut self) -> Seq {
        if self.last.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.last.borrow_and_update()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        // This subscription is still counted.
        let is_last = all
            .get(&self.what)
            .is_some_and(|sender| sender.receiver_count() <= 1);
        if is_last {
            all.remove(&self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Watch, Watched, Watchers};
    use campusg_domain::{
        id::{OrderId, Seq, UserId},
        notice::Audience,
    };
    use std::{
        collections::BTreeSet,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    /// What a subscription was woken by; `None` if it would wait.
    fn woken(watch: &mut Watch) -> Option<Seq> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(watch.changed()).poll(&mut context) {
            Poll::Ready(seq) => Some(seq),
            Poll::Pending => None,
        }
    }

    #[test]
    fn who_waits_is_woken_by_what_it_waits_for_and_leaves_nothing_behind() {
        let all = Watchers::default();
        assert!(!all.any());
        let ada = Watched::Feed(Audience::User(UserId::from_bytes([1; 16])));
        let order = Watched::Order(OrderId::from_bytes([1; 16]));
        let (mut first, mut second) = (all.watch(ada), all.watch(ada));
        let mut other = all.watch(order);
        all.wake(&BTreeSet::from([ada, Watched::Board]), Seq(4));
        all.wake(&BTreeSet::from([ada]), Seq(7));
        assert_eq!(woken(&mut first), Some(Seq(7)), "many are one");
        assert_eq!(woken(&mut first), None);
        assert_eq!(woken(&mut second), Some(Seq(7)));
        assert_eq!(woken(&mut other), None);
        drop((first, other));
        all.wake(&BTreeSet::from([ada, order]), Seq(9));
        assert_eq!(woken(&mut second), Some(Seq(9)));
        drop(second);
        assert!(!all.any());
    }
}
