//! Reads a whole request body before the request takes a shared place. The bytes of photos are counted in a [`Room`](crate::room).
//!
//! Invariants: no body is larger than its limit. Each byte that arrives moves the deadline on by what it takes at the
//! slowest accepted rate, so a body that arrives more slowly fails once the configured time is over.

use crate::{
    problem::{Code, Problem},
    room::Held,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::StatusCode,
};
use campusg_actors::runtime::Refusal;
use http_body_util::BodyExt;
use memmap2::MmapMut;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Slowest accepted rate of a body, in bytes per second, once the configured time is over.
const SLOWEST: u64 = 64 * 1024;

/// Reads a whole body of at most `most` bytes within `time`, which grows with each byte.
///
/// # Errors
/// 413 `body_too_large`; 408 `body_too_slow`; 400 `body_incomplete` if the client closes the connection early.
pub(crate) async fn read(body: Body, most: usize, time: Duration) -> Result<Bytes, Problem> {
    let mut bytes = vec![];
    frames(body, (most, time), None, |data| {
        bytes.extend_from_slice(data);
    })
    .await?;
    Ok(bytes.into())
}

/// Reads the whole body of a photo in the same way, as far as there is room for it. Its memory goes back to the system with
/// it, and not only to the allocator.
///
/// # Errors
/// Those of [`read`]; 503 `busy` if there is no room.
pub(crate) async fn read_photo(
    body: Body,
    most: usize,
    time: Duration,
    room: &Held,
) -> Result<Bytes, Problem> {
    let size = size(&body, most);
    let mut memory = MmapMut::map_anon(size.max(1)).map_err(|_| no_room())?;
    let mut length = 0;
    frames(body, (size, time), Some(room), |data| {
        memory[length..][..data.len()].copy_from_slice(data);
        length += data.len();
    })
    .await?;
    room.is_whole();
    Ok(Bytes::from_owner(memory).slice(..length))
}

/// Takes the parts of a body one after another, of at most `most` bytes in all.
async fn frames(
    mut body: Body,
    (most, time): (usize, Duration),
    room: Option<&Held>,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Problem> {
    let too_large = || Problem::bare(StatusCode::PAYLOAD_TOO_LARGE).with("limit_bytes", most);
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let (mut taken, mut due) = (0, Instant::now() + time);
    loop {
        let next = tokio::select! {
            next = timeout_at(due, body.frame()) => next,
            () = given_way(room) => return Err(no_room()),
        };
        let Some(frame) = next.map_err(|_| too_slow())? else {
            return Ok(());
        };
        let Ok(data) = frame.map_err(|_| incomplete())?.into_data() else {
            continue;
        };
        if taken + data.len() > most {
            return Err(too_large());
        }
        if room.is_some_and(|held| !held.grow(data.len(), Instant::now())) {
            return Err(no_room());
        }
        take(&data);
        taken += data.len();
        due += Duration::from_micros(data.len() as u64 * 1_000_000 / SLOWEST);
    }
}

/// How large the body will be, or may be where it does not say.
fn size(body: &Body, most: usize) -> usize {
    let said = body.size_hint().upper();
    said.map_or(most, |said| usize::try_from(said).unwrap_or(most).min(most))
}

async fn given_way(room: Option<&Held>) {
    match room {
        Some(held) => held.given_way().await,
        None => std::future::pending().await,
    }
}

fn no_room() -> Problem {
    let retry_after_ms = 1_000;
    Refusal::Busy { retry_after_ms }.into()
}

fn too_slow() -> Problem {
    let detail = "the body came too slowly: send it again";
    Problem::new(Code::BodyTooSlow, detail)
}

fn incomplete() -> Problem {
    Problem::new(Code::BodyIncomplete, "the body ended before it was whole")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use hyper::body::Frame;
    use std::{
        collections::VecDeque,
        io,
        pin::Pin,
        task::{Context, Poll},
    };

    /// Sends these frames, then either the error or nothing more.
    struct Parts(VecDeque<Bytes>, Option<io::Error>);

    impl HttpBody for Parts {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            if let Some(bytes) = self.0.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            match self.1.take() {
                Some(fault) => Poll::Ready(Some(Err(fault))),
                None => Poll::Pending,
            }
        }
    }

    async fn code(parts: &[&'static [u8]], fault: Option<io::Error>) -> (u16, &'static str) {
        let parts = parts.iter().map(|part| Bytes::from_static(part)).collect();
        let body = Body::new(Parts(parts, fault));
        let problem = read(body, 8, Duration::from_millis(5)).await.unwrap_err();
        (problem.status.as_u16(), problem.code.name())
    }

    #[tokio::test]
    async fn a_body_that_is_broken_off_is_not_one_that_is_too_large() {
        let broken = || Some(io::ErrorKind::UnexpectedEof.into());
        assert_eq!(code(&[b"1234"], broken()).await, (400, "body_incomplete"));
        assert_eq!(
            code(&[b"12345678", b"9"], broken()).await,
            (413, "body_too_large")
        );
    }

    #[tokio::test]
    async fn a_body_that_stands_still_is_given_up() {
        assert_eq!(code(&[b"1234"], None).await, (408, "body_too_slow"));
    }

    #[tokio::test]
    async fn a_body_that_says_that_it_is_too_large_is_not_read() {
        let problem = read(Body::from("123456789"), 8, Duration::ZERO).await;
        assert_eq!(problem.unwrap_err().code, Code::BodyTooLarge);
        let whole = read(Body::from("12345678"), 8, Duration::from_secs(60)).await;
        assert_eq!(whole.unwrap(), "12345678");
    }
}
