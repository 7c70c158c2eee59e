//! A bounded waiting line: limits how much work of one kind runs at once, how much waits, and how long.

use super::Refusal;
use std::time::Duration;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// When to try again after a refusal, in milliseconds.
const RETRY_AFTER_MS: u64 = 500;

/// A number of places, and a bounded line of those who wait for one.
#[derive(Debug)]
pub(super) struct Line {
    room: Semaphore,
    places: Semaphore,
    patience: Duration,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'line> {
    _place: SemaphorePermit<'line>,
    _room: SemaphorePermit<'line>,
}

impl Line {
    /// `places` run at once; `waiting` more may wait, each at most `patience`.
    pub(super) fn new(places: usize, waiting: usize, patience: Duration) -> Self {
        Self {
            room: Semaphore::new(places + waiting),
            places: Semaphore::new(places),
            patience,
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `Busy` if too many wait already, or if no place became free in time.
    pub(super) async fn enter(&self) -> Result<Place<'_>, Refusal> {
        let busy = Refusal::Busy {
            retry_after_ms: RETRY_AFTER_MS,
        };
        let Ok(room) = self.room.try_acquire() else {
            return Err(busy);
        };
        match timeout(self.patience, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(Place {
                _place: place,
                _room: room,
            }),
            Ok(Err(_)) | Err(_) => Err(busy),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::{pin::pin, task::Poll};

    async fn polled_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        let mut future = Some(future);
        std::future::poll_fn(|context| {
            Poll::Ready(future.take().expect("it is polled once").poll(context))
        })
        .await
    }

    #[tokio::test]
    async fn so_many_wait_and_the_rest_are_told_that_it_is_busy() {
        let line = Line::new(1, 1, Duration::from_secs(600));
        let first = line.enter().await.unwrap();
        let mut second = pin!(line.enter());
        assert!(polled_once(second.as_mut()).await.is_pending());
        assert_eq!(line.enter().await.unwrap_err().code(), "busy");
        drop(first);
        second.await.unwrap();
        line.enter().await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_their_patience() {
        let line = Line::new(1, 1, Duration::from_millis(1));
        let _first = line.enter().await.unwrap();
        for _ in 0..3 {
            assert_eq!(
                line.enter().await.unwrap_err().code(),
                "busy",
                "and who gave up holds no room"
            );
        }
    }
}
