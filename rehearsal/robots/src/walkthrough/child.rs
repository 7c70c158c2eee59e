//! A child process: a `campusg` server or sandbox gateway, which prints the address on which it listens.
//!
//! Must not: end any process that it has not started.
//! Invariants: the process has ended once its [`ListeningChild`] is dropped; each wait has a limit.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

/// The text that the process prints before its address.
const LISTENING: &str = "listening on ";
/// Longest wait for the next line that it prints, or for its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest part of the log's end that errors show, in bytes.
const LOG_BYTES: usize = 2_000;

/// How to start the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The `campusg` program.
    pub program: PathBuf,
    /// Arguments of the program.
    pub arguments: Vec<String>,
    /// File to which its standard error is appended.
    pub log: PathBuf,
}

/// Why the process could not be started or ended.
#[derive(Debug, thiserror::Error)]
pub enum ChildFault {
    /// The program or its log could not be opened, or the process could not be signalled.
    #[error("can't start {program}", program = program.display())]
    NotStarted {
        /// Path of the program.
        program: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The process ended before it listened.
    #[error("it ended before it listened ({status}): {log}")]
    Ended {
        /// Exit status of the process.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// The process did not listen or end in time.
    #[error("it did not {what} in time: {log}")]
    TooSlow {
        /// What it did not do: `listen` or `end`.
        what: &'static str,
        /// The end of its log.
        log: String,
    },
}

/// The running process.
#[derive(Debug)]
pub struct ListeningChild {
    child: Child,
    // Behind a lock only so that the whole can be shared between threads.
    lines: Mutex<Receiver<String>>,
    log: PathBuf,
    /// The address on which it listens, as it printed it; empty after [`Launch::begin`].
    pub address: String,
}

impl Launch {
    /// Starts the process, without the `CAMPUSG_` variables of this one's environment, and waits until it listens.
    ///
    /// # Errors
    /// A [`ChildFault`], with the end of the process's log.
    pub fn start(&self) -> Result<ListeningChild, ChildFault> {
        let mut started = self.begin()?;
        started.address = started.until_it_listens()?;
        Ok(started)
    }

    /// Starts the process and does not wait until it listens.
    ///
    /// # Errors
    /// [`ChildFault::NotStarted`] if the program or its log can't be opened.
    pub fn begin(&self) -> Result<ListeningChild, ChildFault> {
        let not_started = |source| ChildFault::NotStarted {
            program: self.program.clone(),
            source,
        };
        let log = File::options().create(true).append(true).open(&self.log);
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CAMPUSG_") {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.map_err(not_started)?);
        let mut child = command.spawn().map_err(not_started)?;
        let stdout = child.stdout.take();
        Ok(ListeningChild {
            child,
            lines: Mutex::new(stdout.map_or_else(|| channel().1, read_lines)),
            log: self.log.clone(),
            address: String::new(),
        })
    }
}

/// Reads lines until the process closes its standard output, so that it never waits for a reader.
fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nobody may be interested any more; the rest is read all the same.
            let _ = sender.send(line);
        }
    });
    lines
}

impl ListeningChild {
    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn until_it_listens(&mut self) -> Result<String, ChildFault> {
        loop {
            match self.next_line() {
                Ok(line) => {
                    if let Some(address) = line.strip_prefix(LISTENING) {
                        return Ok(address.into());
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(self.too_slow("listen")),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait();
                    let status =
                        status.map_or_else(|fault| fault.to_string(), |status| status.to_string());
                    return Err(ChildFault::Ended {
                        status,
                        log: end_of(&self.log),
                    });
                }
            }
        }
    }

    fn next_line(&mut self) -> Result<String, RecvTimeoutError> {
        let lines = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        lines.recv_timeout(PATIENCE)
    }

    fn too_slow(&self, what: &'static str) -> ChildFault {
        ChildFault::TooSlow {
            what,
            log: end_of(&self.log),
        }
    }

    /// Kills the process, which has no chance to save anything.
    pub fn kill(&mut self) {
        // Both fail only where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks the process to end (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// A [`ChildFault`] if it can't be signalled, or takes too long.
    pub fn stop(&mut self) -> Result<ExitStatus, ChildFault> {
        let failed = |source| ChildFault::NotStarted {
            program: PathBuf::from("the signal to end"),
            source,
        };
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        kill_process(id, Signal::TERM).map_err(|fault| failed(fault.into()))?;
        loop {
            match self.next_line() {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Err(self.too_slow("end")),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().map_err(failed),
            }
        }
    }

    /// The end of the process's log.
    #[must_use]
    pub fn log(&self) -> String {
        end_of(&self.log)
    }
}

impl Drop for ListeningChild {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end_of(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let end = &bytes[bytes.len().saturating_sub(LOG_BYTES)..];
    String::from_utf8_lossy(end).trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use tempfile::TempDir;

    fn shell(folder: &TempDir, script: &str) -> Launch {
        Launch {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            log: folder.path().join("log"),
        }
    }

    #[test]
    fn it_waits_for_the_address_and_stops() {
        let folder = TempDir::new().unwrap();
        let script =
            "trap 'exit 0' TERM; echo demo; echo listening on here; while :; do sleep 0.02; done";
        let mut child = shell(&folder, script).start().unwrap();
        assert_eq!(child.address, "here");
        assert!(child.stop().unwrap().success());
    }

    #[test]
    fn a_process_that_ends_early_is_told_with_its_log() {
        let folder = TempDir::new().unwrap();
        let fault = shell(&folder, "echo no such folder >&2; exit 3")
            .start()
            .unwrap_err();
        assert_eq!(
            fault.to_string(),
            "it ended before it listened (exit status: 3): no such folder"
        );
    }

    #[test]
    fn it_is_gone_once_dropped() {
        let folder = TempDir::new().unwrap();
        let child = shell(&folder, "echo listening on here; exec sleep 600")
            .start()
            .unwrap();
        let id = Pid::from_raw(i32::try_from(child.child.id()).unwrap()).unwrap();
        drop(child);
        assert!(rustix::process::test_kill_process(id).is_err());
    }
}
