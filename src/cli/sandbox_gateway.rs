//! `campusg sandbox-gateway`: runs the sandbox payment gateway as a process of its own, so that killing the server
//! can't hide a double charge.

mod push;

use super::CliFault;
use crate::{
    compose::{self, ComposeFault},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_actors::port::clock::{Clock, SystemClock};
use campusg_sandbox::{Desk, TEST_ACCOUNTS, TEST_CARDS, TestToken, serve};
use clap::Args;
use push::Pusher;
use std::{fmt::Write, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

/// Arguments of `campusg sandbox-gateway`.
#[derive(Debug, Args)]
#[command(after_help = help())]
pub struct SandboxGatewayCommand {
    /// Address and port, loopback only; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4242", value_name = "ADDRESS", value_parser = loopback)]
    pub address: SocketAddr,
    /// File with the gateway's book of cards and payments
    #[arg(long, default_value = "data/gateway/book.jsonl", value_name = "FILE")]
    pub book: PathBuf,
    /// Set a key of the configuration, for example sandbox.tuning.slow_ms=500; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl SandboxGatewayCommand {
    /// Serves until the process is ended.
    ///
    /// # Errors
    /// [`CliFault::Config`]; [`CliFault::Compose`] if the book or the address cannot be used.
    pub fn run(self) -> Result<(), CliFault> {
        let flags = ConfigFlags {
            set: self.set,
            ..ConfigFlags::default()
        };
        let effective = config::load(&flags, config::process_environment())?;
        let settings = &effective.config.sandbox;
        logging::start(&effective.config.log);
        let book = compose::open_book(&self.book, settings.tuning)?;
        let clock = SystemClock::new(false);
        let now = clock.clone();
        let desk = Desk::new(book, settings.faults, Arc::new(move || now.now()));
        let pusher = settings.push_to.map(|to| Pusher {
            desk: desk.clone(),
            keys: effective.config.gateway.keys(),
            to,
            place: self.book.with_extension("pushed"),
            clock: Arc::new(clock),
        });
        let (threads, address) = (
            super::threads().map_err(ComposeFault::Threads)?,
            self.address,
        );
        threads.block_on(async {
            let fault = |source| ComposeFault::Listen { address, source };
            let listener = TcpListener::bind(address).await.map_err(fault)?;
            let bound = listener.local_addr().map_err(fault)?;
            output::result(format_args!("listening on {bound}")).map_err(CliFault::Output)?;
            // The task ends with the process.
            let _pushing = pusher.map(|pusher| tokio::spawn(pusher.run()));
            Ok(serve(listener, desk).await.map_err(fault)?)
        })
    }
}

/// Accepts only loopback addresses, since the gateway trusts everybody who connects.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "give it as 127.0.0.1:4242, address and port".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the sandbox gateway serves loopback only, as 127.0.0.1:4242".into())
    }
}

/// Returns the text of `--help` after the flags.
fn help() -> String {
    let (cards, accounts) = (listed(TEST_CARDS), listed(TEST_ACCOUNTS));
    format!(
        "\
Point a server at it with --set sandbox.address=127.0.0.1:4242.

Cards, and what happens with them; N is a number from 1 to 99:
{cards}
Bank accounts:
{accounts}
The times `late_ms`, `chargeback_ms` and so on are keys of sandbox.tuning. What is decided later is reported by events, late, \
twice or in the wrong order where sandbox.faults say so. A server asks for them. To have them sent to it as well, signed, \
give both the same key, and this one an address:
  --set gateway.signing_secret=whsec_BASE64 --set sandbox.push_to=127.0.0.1:8080

Speaks one JSON object per line over TCP; keeps every call in its book and answers a repeated key as the first time."
    )
}

fn listed(tokens: &[TestToken]) -> String {
    let mut text = String::new();
    for TestToken { token, does } in tokens {
        writeln!(text, "  {token:<27} {does}").expect("writing into memory cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_names_every_test_token_and_so_does_the_readme() {
        let readme = include_str!("../../README.md");
        let cli = crate::cli::Cli::command();
        let command = cli
            .find_subcommand("sandbox-gateway")
            .expect("it is a subcommand")
            .clone();
        // Without a width: clap may break a line within the text that is looked for.
        let help = command.term_width(0).render_long_help().to_string();
        for TestToken { token, does } in TEST_CARDS.iter().chain(TEST_ACCOUNTS) {
            assert!(help.contains(token) && help.contains(does), "{token}");
            assert!(
                readme.contains(&format!("`{token}`")),
                "{token} in the README"
            );
        }
    }
}
