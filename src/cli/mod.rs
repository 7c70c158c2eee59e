//! The command line: arguments, exit codes, and a file for each subcommand.
//!
//! Invariant: exit code 0 means done, 1 failed, 2 refused before anything was done (arguments, configuration, a data
//! folder that can't be used, a password or a login), 3 checked, and something does not hold.

pub mod config;
pub mod operator;
mod progress;
pub mod rebuild;
pub mod sandbox_gateway;
pub mod serve;
mod server;
pub mod simulate;
pub mod verify;
pub mod walkthrough;

use crate::{compose::ComposeFault, config::ConfigRefused, output};
use campusg_actors::runtime::Refusal;
use campusg_client::Deviation;
use clap::{Parser, Subcommand};
use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Campus food delivery on one small server.
#[derive(Debug, Parser)]
#[command(name = "campusg", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(serve::ServeCommand),
    /// Check every order, wallet and account against the journal
    Verify(verify::VerifyCommand),
    /// Rebuild the snapshots from the journal
    Rebuild(rebuild::RebuildCommand),
    /// Create operators
    Operator(operator::OperatorCommand),
    /// Run the sandbox payment gateway as a process of its own
    SandboxGateway(sandbox_gateway::SandboxGatewayCommand),
    /// Play the scenarios of an order's life against a server, and check every step
    Walkthrough(walkthrough::WalkthroughCommand),
    /// Simulate a day on a campus of robots with every kind of trouble, and report the results
    Simulate(simulate::SimulateCommand),
    /// Print the configuration in force, and where each value comes from
    Config(config::ConfigCommand),
}

/// Why a subcommand failed.
#[derive(Debug, thiserror::Error)]
pub enum CliFault {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigRefused),
    /// The server could not start, or was not stopped in order.
    #[error(transparent)]
    Compose(#[from] ComposeFault),
    /// The password could not be read.
    #[error("cannot read the password")]
    Password(#[source] io::Error),
    /// The file with the password could not be read.
    #[error("cannot read the password in {path}, which --password-file names")]
    PasswordFile {
        /// The path that was given with `--password-file`.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The password was typed differently the second time.
    #[error("the two passwords differ: nothing was done")]
    PasswordsDiffer,
    /// The data folder contains no journal.
    #[error("{path} holds no journal: name the data folder with --data")]
    NoData {
        /// The data folder.
        path: PathBuf,
    },
    /// The runtime refused the command.
    #[error("{0}")]
    Refused(Refusal),
    /// A check found something that does not hold.
    #[error("something does not hold: see the lines marked BROKEN")]
    Unsound,
    /// No server responds at the given URL.
    #[error("no server answers at {url}: is one running there? Name it as http://127.0.0.1:8080")]
    NoServer {
        /// The URL that was given.
        url: String,
    },
    /// The given login is not an operator's.
    #[error("{email} is no operator there: name an operator's login, or none")]
    NoOperator {
        /// The e-mail address of the login.
        email: String,
    },
    /// The given operator can't sign in.
    #[error(
        "operator {email} can't sign in there: {answer}; see --operator-email and --operator-password"
    )]
    SignIn {
        /// The e-mail address of the operator.
        email: String,
        /// The server's response.
        answer: String,
    },
    /// The walkthrough found a deviation from the specification.
    #[error("not as specified: {0}")]
    Deviation(Deviation),
    /// The result could not be printed.
    #[error("cannot print the result")]
    Output(#[source] io::Error),
}

impl From<Deviation> for CliFault {
    fn from(deviation: Deviation) -> Self {
        Self::Deviation(deviation)
    }
}

impl CliFault {
    /// Returns 2 if what was given was refused and nothing was done, 3 if a check found something that does not hold, otherwise 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::NoData { .. }
            | Self::Password(_)
            | Self::PasswordsDiffer
            | Self::PasswordFile { .. }
            | Self::NoOperator { .. }
            | Self::SignIn { .. }
            | Self::Refused(Refusal::Rejected { .. }) => 2,
            Self::Compose(fault) if fault.refuses() => 2,
            Self::Unsound => 3,
            _ => 1,
        }
    }
}

/// Runs the command that the process was started with. Wrong arguments end the process with code 2.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Rebuild(command) => command.run(),
        Command::Operator(command) => command.run(),
        Command::SandboxGateway(command) => command.run(),
        Command::Walkthrough(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Config(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            output::problem(format_args!("error: {}", chain(&fault)));
            ExitCode::from(fault.exit_code())
        }
    }
}

/// How many threads wait for the disk or compute at once; more work of that kind stands in a line. Each thread keeps up to
/// 2 MiB of memory for itself.
const MOST_BLOCKING: usize = 24;

/// Starts the threads that serve HTTP and wait for the outside.
fn threads() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("http")
        .max_blocking_threads(MOST_BLOCKING)
        .build()
}

/// Listens for SIGTERM and Ctrl-C from now on. The returned future resolves at the first signal; it never does if
/// signals are not available, so that only a kill ends the process.
fn stop_signals() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [Ok(mut terminate), Ok(mut interrupt)] = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Refuses a folder without a journal, so that commands that only read do not create one.
fn require_data(data: &Path) -> Result<(), CliFault> {
    if data.join("journal").is_dir() {
        Ok(())
    } else {
        Err(CliFault::NoData { path: data.into() })
    }
}

/// Joins an error and its causes with colons.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error)
        .chain(causes)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn who_asks_can_tell_unsound_from_not_looked_at() {
        let folder = PathBuf::from("data");
        let codes = [
            CliFault::NoData { path: folder }.exit_code(),
            CliFault::Deviation(Deviation::new("one thing", "another")).exit_code(),
            CliFault::Unsound.exit_code(),
        ];
        assert_eq!(codes, [2, 1, 3]);
    }
}
