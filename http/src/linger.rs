//! A connection that is refused before its request was read to the end is read on for a while after the answer.
//!
//! Closed at once, the bytes that still arrive would be answered by a reset, which makes the client's system throw away the
//! answer that it has not read yet: the client would see a broken connection and not the refusal.
//! Invariants: what is read is thrown away; reading on ends after a second without a byte, and after half a minute in all.
//! Meanwhile the connection counts as idle, so its place is given to the next one that needs it.
//! Source: RFC 9112 §9.6.

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

const LONGEST_SILENCE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Whether a connection was answered before all of a request had been read. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Notes that the rest of the request will not be read.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request's body that notes whether it was dropped before its end.
pub(crate) struct Watched {
    body: Body,
    unread: Unread,
    /// A chunked body does not tell its end in any other way.
    ended: bool,
}

impl Watched {
    pub(crate) const fn new(body: Body, unread: Unread) -> Self {
        Self {
            body,
            unread,
            ended: false,
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.ended = frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.unread.note();
        }
    }
}

/// A stream that is read on after it was shut down, if something was left unread.
#[derive(Debug)]
pub(crate) struct Lingering<S> {
    stream: S,
    unread: Unread,
    /// Set once nothing more is written: when the silence is too long, and when all of it is.
    reading_on: Option<(Pin<Box<Sleep>>, Instant)>,
}

impl<S> Lingering<S> {
    pub(crate) const fn new(stream: S, unread: Unread) -> Self {
        Self {
            stream,
            unread,
            reading_on: None,
        }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let begun = || (Box::pin(sleep(LONGEST_SILENCE)), Instant::now() + LONGEST);
        let (silence, end) = self.reading_on.get_or_insert_with(begun);
        let mut bytes = [0; 16 * 1024];
        // A few at a time, so that a fast sender does not keep the other connections of this thread waiting.
        for _ in 0..8 {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < *end => {
                    silence.as_mut().reset(Instant::now() + LONGEST_SILENCE);
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return silence.as_mut().poll(context),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reading_on.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        if self.unread.is_noted() {
            ready!(self.poll_rest(context));
        }
        Poll::Ready(Ok(()))
    }
}
