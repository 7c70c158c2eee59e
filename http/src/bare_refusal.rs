//! Gives a problem as its body to what hyper refuses by itself: heads that can't be read, that have too many or too long
//! lines, or two lengths.
//!
//! hyper writes such a refusal without a body and lets nobody change it, so it is recognised as it is written. That is
//! possible where it begins a write. It does not where it follows an answer that has not been written yet, and a
//! connection whose head never ends is closed without any answer.
//! Invariant: every other write passes unchanged.

use crate::{
    linger::Unread,
    problem::{CONTENT_TYPE, Problem},
};
use axum::http::StatusCode;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that explains refusals which have no body.
#[derive(Debug)]
pub(crate) struct Explained<S> {
    stream: S,
    unread: Unread,
    /// The answer that is written instead of hyper's, and how much of it has been.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    pub(crate) const fn new(stream: S, unread: Unread) -> Self {
        Self {
            stream,
            unread,
            instead: None,
        }
    }
}

/// Returns the answer to write instead of this one; `None` unless it is a refusal by hyper itself. All other answers have
/// a request id.
fn explained(head: &[u8]) -> Option<Vec<u8>> {
    let text = head.strip_suffix(b"\r\n\r\n")?;
    if !text.starts_with(b"HTTP/1.1 4") || text.windows(4).any(|four| four == b"\r\n\r\n") {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.split("\r\n");
    let status_line = lines.next()?;
    let status: u16 = status_line.get(9..12)?.parse().ok()?;
    let named = |line: &str, name: &str| {
        let own = line.split(':').next().unwrap_or_default();
        own.eq_ignore_ascii_case(name)
    };
    let (empty, others): (Vec<_>, Vec<_>) = lines.partition(|line| named(line, "content-length"));
    let is_bare = empty.iter().all(|line| line.trim_end().ends_with(": 0"))
        && !empty.is_empty()
        && !others.iter().any(|line| named(line, "x-request-id"));
    if !is_bare {
        return None;
    }
    let problem = Problem::bare(StatusCode::from_u16(status).ok()?);
    let body = problem.render(None, None).to_string();
    let mut answer = status_line.to_owned();
    for line in others {
        answer.push_str("\r\n");
        answer.push_str(line);
    }
    let more = format!(
        "\r\ncontent-type: {CONTENT_TYPE}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    answer.push_str(&more);
    Some(answer.into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self {
            stream,
            unread,
            instead,
        } = &mut *self;
        if instead.is_none()
            && let Some(answer) = explained(bytes)
        {
            unread.note();
            *instead = Some((answer, 0));
        }
        let Some((answer, written)) = instead else {
            return Pin::new(stream).poll_write(context, bytes);
        };
        while *written < answer.len() {
            match ready!(Pin::new(&mut *stream).poll_write(context, &answer[*written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *written += more,
            }
        }
        *instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices.iter().find(|slice| !slice.is_empty()) {
            Some(first) if self.instead.is_some() || explained(first).is_some() => {
                self.poll_write(context, first)
            }
            _ => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_without_a_body_and_a_name_are_explained() {
        let bare = "HTTP/1.1 431 X\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        assert!(explained(bare.as_bytes()).is_some());
        for other in [
            bare.replace("431", "200"),
            bare.replace(": 0", ": 10"),
            bare.replace("date", "x-request-id"),
            bare.replace("content-length: 0\r\n", ""),
            format!("{bare}HTTP/1.1 200 OK\r\n\r\n"),
            format!("x{bare}"),
            bare.trim_end().to_owned(),
            String::new(),
        ] {
            assert_eq!(explained(other.as_bytes()), None, "{other:?}");
        }
    }
}
