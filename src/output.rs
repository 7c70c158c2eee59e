//! Output of the command: results on standard output, problems on standard error.
//!
//! Must not: format anything; callers pass finished text.
//! Invariant: if the reader of the output has closed it (`campusg config | head`), the command ends quietly.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
    sync::atomic::{AtomicU64, Ordering},
};

/// Prints a result and a line end on standard output.
///
/// # Errors
/// An error of the stream, unless its reader has closed it.
pub fn result(text: impl Display) -> io::Result<()> {
    line(&mut io::stdout().lock(), text)
}

/// Prints a problem and a line end on standard error. An error is ignored, as it can't be reported anywhere.
pub fn problem(text: impl Display) {
    let _ = line(&mut io::stderr().lock(), text);
}

/// Standard error, where log lines go so that results stay clean. A line that can't be written, as on a full disk, is
/// counted and left out: nothing that the server does may depend on its log.
#[derive(Debug)]
pub struct LogStream<W = io::Stderr>(W);

static LOST_LINES: AtomicU64 = AtomicU64::new(0);

impl<W: Write> Write for LogStream<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.write_all(line).is_err() {
            LOST_LINES.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        let lost = LOST_LINES.swap(0, Ordering::Relaxed);
        if lost > 0 && writeln!(self.0, "{lost} lines of the log could not be written").is_err() {
            LOST_LINES.fetch_add(lost, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the stream for log lines.
#[must_use]
pub fn log_stream() -> LogStream {
    LogStream(io::stderr())
}

/// Whether somebody reads the log lines at a terminal.
#[must_use]
pub fn logs_at_a_terminal() -> bool {
    io::stderr().is_terminal()
}

fn line(stream: &mut impl Write, text: impl Display) -> io::Result<()> {
    match writeln!(stream, "{text}").and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stream(ErrorKind);

    impl Write for Stream {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        assert!(line(&mut Stream(ErrorKind::BrokenPipe), "text").is_ok());
    }

    #[test]
    fn v3_a_log_on_a_full_disk_stops_nobody_and_says_what_it_lacks() {
        let mut full = LogStream(Stream(ErrorKind::StorageFull));
        for _ in 0..3 {
            assert!(full.write_all(b"a line\n").is_ok());
        }
        let mut written = LogStream(vec![]);
        written.write_all(b"a line\n").unwrap();
        let text = String::from_utf8(written.0).unwrap();
        assert_eq!(text, "a line\n3 lines of the log could not be written\n");
    }

    #[test]
    fn a_full_disk_behind_the_stream_is_an_error() {
        assert!(line(&mut Stream(ErrorKind::StorageFull), "text").is_err());
    }
}
