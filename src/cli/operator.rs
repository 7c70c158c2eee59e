//! `campusg operator create`: creates the first operator, in the data folder of a stopped server.

use super::CliFault;
use crate::{
    compose::{self, ComposeFault},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_actors::{
    port::clock::SystemClock,
    runtime::{NewPerson, Secret},
};
use campusg_domain::id::Principal;
use clap::{Args, Subcommand};
use console::Term;
use std::{
    io::{BufRead, IsTerminal},
    path::PathBuf,
};

/// Arguments of `campusg operator`.
#[derive(Debug, Args)]
pub struct OperatorCommand {
    /// The subcommand.
    #[command(subcommand)]
    pub action: OperatorAction,
}

/// The subcommands of `campusg operator`.
#[derive(Debug, Subcommand)]
pub enum OperatorAction {
    /// Create an operator's account; the server must not be running on the data folder
    Create(CreateOperator),
}

/// Arguments of `campusg operator create`.
#[derive(Debug, Args)]
#[command(
    after_help = "The password is the first line of --password-file. Without it the command asks for it at a terminal, and takes \
                  the first line of standard input elsewhere."
)]
pub struct CreateOperator {
    /// The flags that determine the sources of the configuration.
    #[command(flatten)]
    pub flags: ConfigFlags,
    /// E-mail address to sign in with
    #[arg(long)]
    pub email: String,
    /// First name on the operator's account
    #[arg(long, default_value = "Operator")]
    pub first_name: String,
    /// Last name on the operator's account
    #[arg(long, default_value = "CampusG")]
    pub last_name: String,
    /// File with the password in its first line
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

impl OperatorCommand {
    /// Creates the operator.
    ///
    /// # Errors
    /// [`CliFault::Config`], [`CliFault::Password`], [`CliFault::PasswordFile`], [`CliFault::PasswordsDiffer`], [`CliFault::Compose`],
    /// [`CliFault::Refused`].
    pub fn run(self) -> Result<(), CliFault> {
        let OperatorAction::Create(create) = self.action;
        let effective = config::load(&create.flags, config::process_environment())?;
        logging::start(&effective.config.log);
        let person = NewPerson {
            password: Secret(read_password(create.password_file, &create.email)?),
            email: create.email,
            first_name: create.first_name,
            last_name: create.last_name,
            phone: None,
            operator: true,
        };
        // Before the data folder is touched.
        person.check().map_err(CliFault::Refused)?;
        compose::leave_no_demo(&effective.config.data)?;
        let threads = super::threads().map_err(ComposeFault::Threads)?;
        let email = person.email.clone();
        threads.block_on(async {
            let (runtime, _) =
                compose::start_runtime(&effective.config, SystemClock::new(false), None).await?;
            let meta = runtime.unkeyed(Principal::System, "operator create");
            let made = runtime.register(meta, person).await;
            runtime.stop().await.map_err(ComposeFault::from)?;
            made.map(drop).map_err(CliFault::Refused)
        })?;
        output::result(format_args!("operator {email} created")).map_err(CliFault::Output)
    }
}

/// Reads the password from the file, if one is given; otherwise asks for it twice at a terminal; otherwise reads the
/// first line of standard input.
fn read_password(file: Option<PathBuf>, email: &str) -> Result<String, CliFault> {
    if let Some(path) = file {
        return match std::fs::read_to_string(&path) {
            Ok(text) => Ok(first_line(&text)),
            Err(source) => Err(CliFault::PasswordFile { path, source }),
        };
    }
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(CliFault::Password)?;
        return Ok(first_line(&line));
    }
    let password = ask(&format!("Password for {email}: "))?;
    if ask("The same again: ")? == password {
        Ok(password)
    } else {
        Err(CliFault::PasswordsDiffer)
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn ask(prompt: &str) -> Result<String, CliFault> {
    let terminal = Term::stderr();
    terminal.write_str(prompt).map_err(CliFault::Password)?;
    terminal.read_secure_line().map_err(CliFault::Password)
}
