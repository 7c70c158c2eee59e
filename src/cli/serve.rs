//! `campusg serve`: runs the server until it is stopped.

use super::CliFault;
use crate::{
    compose::{self, ComposeFault, Login, Mode, time},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_actors::runtime::AcceptedClock;
use campusg_domain::time::At;
use clap::Args;
use std::net::SocketAddr;

/// Arguments of `campusg serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints `listening on http://ADDRESS` once it takes requests. Stops on SIGTERM or Ctrl-C: no new connections, requests in \
flight are answered, the journal is drained. A kill is as safe; the next start then reads a little more.")]
pub struct ServeCommand {
    /// The flags that determine the sources of the configuration.
    #[command(flatten)]
    pub flags: ConfigFlags,
    /// Create demo people, cards, runners and stores, and print their logins; only on a folder without data, or a demo's
    #[arg(long)]
    pub demo: bool,
    /// Let operators advance the clock (POST /api/admin/clock/advance); for trying things out
    #[arg(long)]
    pub virtual_clock: bool,
    /// Start although the clock does not go on from where the journal ends. TIME is the end of the journal, as the
    /// refused start names it, so that this accepts one jump and no later one
    #[arg(long, value_name = "TIME", value_parser = time::read, requires = "accepted_by")]
    pub accept_clock: Option<At>,
    /// Who accepts that, at most 100 characters; kept in the journal
    #[arg(long, value_name = "NAME", value_parser = name, requires = "accept_clock")]
    pub accepted_by: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 {
        return Err("1 to 100 characters are needed".into());
    }
    Ok(text.to_owned())
}

impl ServeCommand {
    /// Serves until the process gets SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// [`CliFault::Config`] if the configuration is refused, [`CliFault::Compose`] for everything else.
    pub fn run(self) -> Result<(), CliFault> {
        let effective = config::load(&self.flags, config::process_environment())?;
        let config = &effective.config;
        logging::start(&config.log);
        let mode = Mode {
            demo: self.demo,
            virtual_clock: self.virtual_clock,
            accepted_clock: self
                .accept_clock
                .zip(self.accepted_by)
                .map(|(from, by)| AcceptedClock { from, by }),
        };
        let threads = super::threads().map_err(ComposeFault::Threads)?;
        // Signals are handled before the address is printed, since whoever reads it may stop the server at once.
        let stop = {
            let _within = threads.enter();
            super::stop_signals()
        };
        Ok(threads.block_on(compose::serve(config, mode, print_address, stop))?)
    }
}

fn print_address(address: SocketAddr, logins: &[Login]) -> Result<(), ComposeFault> {
    for Login {
        role,
        email,
        password,
    } in logins
    {
        output::result(format_args!("demo {role:<8} {email}  {password}"))
            .map_err(ComposeFault::Output)?;
    }
    output::result(format_args!("listening on http://{address}")).map_err(ComposeFault::Output)
}
