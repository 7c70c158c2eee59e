//! `campusg sandbox-gateway`: the sandbox payment gateway as a process of its own, so that a kill of the server can't
//! hide a double charge.

use super::CliFault;
use crate::{
    compose::{self, ComposeFault},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_actors::{
    port::clock::{Clock, SystemClock},
    sandbox::{Desk, serve},
};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

/// Arguments of `campusg sandbox-gateway`.
#[derive(Debug, Args)]
#[command(after_help = "\
Point a server at it with --set gateway.mode=remote --set gateway.address=127.0.0.1:4242.

Cards: tok_visa, tok_declined, tok_insufficient_funds, tok_slow, tok_timeout_then_succeeds, tok_down, tok_down_3 (any
number), tok_action_required, tok_capture_fails, tok_capture_down_3, tok_capture_late, tok_refund_fails, tok_late.
Speaks one JSON object per line over TCP; keeps every call in its book and answers a repeated key as the first time.")]
pub struct SandboxGatewayCommand {
    /// Address and port, loopback only; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4242", value_name = "ADDRESS", value_parser = loopback)]
    pub address: SocketAddr,
    /// The book
    #[arg(long, default_value = "data/gateway/book.jsonl", value_name = "FILE")]
    pub book: PathBuf,
    /// Set a key of the configuration, for example gateway.tuning.slow_ms=500; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl SandboxGatewayCommand {
    /// Serves until the process is ended.
    ///
    /// # Errors
    /// [`CliFault::Config`], or [`CliFault::Compose`] when the book or the address cannot be used.
    pub fn run(self) -> Result<(), CliFault> {
        let flags = ConfigFlags {
            set: self.set,
            ..ConfigFlags::default()
        };
        let effective = config::load(&flags, config::process_environment())?;
        let settings = &effective.config.gateway;
        logging::start(&effective.config.log);
        let book = compose::open_book(&self.book, settings.tuning)?;
        let clock = SystemClock::new(false);
        let desk = Desk::new(book, settings.faults, Arc::new(move || clock.now()));
        let (threads, address) = (
            super::threads().map_err(ComposeFault::Threads)?,
            self.address,
        );
        threads.block_on(async {
            let fault = |source| ComposeFault::Listen { address, source };
            let listener = TcpListener::bind(address).await.map_err(fault)?;
            let bound = listener.local_addr().map_err(fault)?;
            output::result(format_args!("listening on {bound}")).map_err(CliFault::Output)?;
            Ok(serve(listener, desk).await.map_err(fault)?)
        })
    }
}

/// The gateway trusts whoever connects.
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
