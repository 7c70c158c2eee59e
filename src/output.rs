//! What the command prints: results on standard output, problems on standard error.
//!
//! Owns: the two streams. Must not: format anything; callers hand over finished text.
//! Invariant: a reader that went away (`campusg config | head`) is no problem of the command and ends it quietly.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

/// Prints a result, followed by a line end, on standard output.
///
/// # Errors
/// The stream's own error, except that its reader went away.
pub fn result(text: impl Display) -> io::Result<()> {
    line(&mut io::stdout().lock(), text)
}

/// Prints a problem, followed by a line end, on standard error; there is nowhere left to report that this fails.
pub fn problem(text: impl Display) {
    let _ = line(&mut io::stderr().lock(), text);
}

/// Where log lines go: standard error, so that results stay clean.
#[must_use]
pub fn log_stream() -> io::Stderr {
    io::stderr()
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
    fn a_full_disk_behind_the_stream_is_an_error() {
        assert!(line(&mut Stream(ErrorKind::StorageFull), "text").is_err());
    }
}
