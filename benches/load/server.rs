//! Starts servers as processes, which are killed when the value is dropped.

use crate::{Fault, reference};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A system that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// This build of the product.
    Campusg,
    /// Another build of the product.
    Other,
    /// axum that echoes JSON and stores nothing.
    Echo,
    /// axum and the journal, without a domain.
    Append,
}

impl System {
    /// Returns the name that is used in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Campusg => "campusg",
            Self::Other => "other",
            Self::Echo => "echo",
            Self::Append => "append",
        }
    }

    /// Whether it responds as the product does.
    pub const fn is_product(self) -> bool {
        matches!(self, Self::Campusg | Self::Other)
    }
}

/// Returns the path of this build's program.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_campusg"))
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// The system that it belongs to.
    pub system: System,
    /// The address on which it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a build of the product as a demo on an empty folder.
    ///
    /// # Errors
    /// If it does not begin to listen.
    pub fn product(system: System, program: &Path, data: &Path) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        command
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        for set in [
            "policy.receipt_photo_required=false",
            "server.requests_per_second=0",
            "log.filter=warn",
        ] {
            command.args(["--set", set]);
        }
        command.stderr(log(data)?);
        Self::start(system, command)
    }

    /// Starts a reference server.
    ///
    /// # Errors
    /// If it does not begin to listen.
    pub fn reference(system: System, data: &Path) -> Result<Self, Fault> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env(reference::ROLE, system.name())
            .env(reference::FOLDER, data);
        Self::start(system, command)
    }

    fn start(system: System, mut command: Command) -> Result<Self, Fault> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut server = Self {
            system,
            address: ([127, 0, 0, 1], 0).into(),
            child,
        };
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                server.address = address.parse()?;
                return Ok(server);
            }
        }
        Err(format!("{} ended before it listened", system.name()).into())
    }

    /// Returns the id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

/// Creates the log file of the product, beside its folder.
fn log(data: &Path) -> Result<File, Fault> {
    Ok(File::create(data.with_extension("log"))?)
}

impl Drop for Server {
    /// The data are not used afterwards, so a kill is sufficient.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
