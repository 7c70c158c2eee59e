//! Output of the command: results on standard output, problems on standard error.
//!
//! Must not: format anything; callers pass finished text.
//! Invariant: if the reader of the output has closed it (`campusg config | head`), the command ends quietly.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
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

/// Returns standard error, where log lines go so that results stay clean.
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
