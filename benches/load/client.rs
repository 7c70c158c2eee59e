//! A small HTTP/1.1 client: one keep-alive connection, one request at a time, with reused buffers.
//!
//! It shares two cores with the server that it measures, so it does only what is necessary: it parses the status and
//! the length of a response and ignores the rest. Its own cost is part of the report.
//! Invariant: a response without `content-length` is an error.

use crate::Fault;
use std::{net::SocketAddr, ops::Range, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request without its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// `GET`, `POST` or `PUT`.
    pub method: &'a str,
    /// With the leading slash.
    pub path: &'a str,
    /// The bearer token; `None` for a request without a session.
    pub token: Option<&'a str>,
    /// The idempotency key, if the request has one.
    pub key: Option<&'a str>,
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    got: Vec<u8>,
    body: Range<usize>,
    /// How many responses were 503: the server was too busy, did nothing, and the request was repeated.
    pub refused: u64,
}

impl Connection {
    /// Opens the connection.
    ///
    /// # Errors
    /// Any error of the operating system.
    pub async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            out: Vec::with_capacity(4096),
            got: Vec::with_capacity(16 * 1024),
            body: 0..0,
            refused: 0,
        })
    }

    /// Sends a request and reads its response. A request that is answered 503 is repeated a little later.
    ///
    /// # Errors
    /// Any error of the operating system; a malformed response; any other status of 400 or more, with the body; 503
    /// too often.
    pub async fn ask(&mut self, head: Head<'_>, body: &str) -> Result<(), Fault> {
        const TRIES: u32 = 1_000;
        self.write(head, body);
        for _ in 0..TRIES {
            self.stream.write_all(&self.out).await?;
            match self.read().await? {
                0..400 => return Ok(()),
                503 => self.refused += 1,
                status => return Err(self.fault(head, status)),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(self.fault(head, 503))
    }

    fn fault(&self, head: Head<'_>, status: u16) -> Fault {
        format!(
            "{} {}: {status} {}",
            head.method,
            head.path,
            String::from_utf8_lossy(self.body())
        )
        .into()
    }

    /// Returns the body of the last response.
    pub fn body(&self) -> &[u8] {
        &self.got[self.body.clone()]
    }

    /// Returns the text after `before` in the last response, up to the byte `end`.
    ///
    /// # Errors
    /// If the response does not contain `before`.
    pub fn find(&self, before: &str, end: u8) -> Result<&str, Fault> {
        let text = std::str::from_utf8(&self.got)?;
        let from = text
            .find(before)
            .ok_or_else(|| format!("no {before} in {text}"))?
            + before.len();
        let length = text.as_bytes()[from..]
            .iter()
            .position(|byte| *byte == end)
            .unwrap_or(text.len() - from);
        Ok(&text[from..from + length])
    }

    fn write(&mut self, head: Head<'_>, body: &str) {
        let out = &mut self.out;
        out.clear();
        for part in [
            head.method,
            " ",
            head.path,
            " HTTP/1.1\r\nhost: campus.example\r\n",
        ] {
            out.extend_from_slice(part.as_bytes());
        }
        for (name, value) in [
            ("authorization: Bearer ", head.token),
            ("idempotency-key: ", head.key),
        ] {
            if let Some(value) = value {
                [name, value, "\r\n"]
                    .iter()
                    .for_each(|part| out.extend_from_slice(part.as_bytes()));
            }
        }
        if head.method != "GET" {
            let length = body.len().to_string();
            for part in [
                "content-type: application/json\r\ncontent-length: ",
                &length,
                "\r\n",
            ] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body.as_bytes());
    }

    /// Reads one whole response and returns its status.
    async fn read(&mut self) -> Result<u16, Fault> {
        self.got.clear();
        let start = loop {
            if self.stream.read_buf(&mut self.got).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(end) = self.got.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.got[..start])?;
        let status = head
            .get(9..12)
            .and_then(|digits| digits.parse().ok())
            .ok_or("no status")?;
        let end = start + length(head)?;
        while self.got.len() < end {
            if self.stream.read_buf(&mut self.got).await? == 0 {
                return Err("the server closed the connection within an answer".into());
            }
        }
        self.body = start..end;
        Ok(status)
    }
}

fn length(head: &str) -> Result<usize, Fault> {
    const NAME: &str = "content-length:";
    let named = |line: &&str| {
        line.get(..NAME.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    };
    let line = head
        .lines()
        .find(named)
        .ok_or_else(|| format!("no content-length in {head}"))?;
    Ok(line[NAME.len()..].trim().parse()?)
}
