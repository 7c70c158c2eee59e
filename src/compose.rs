//! The composition: starts a server from its configuration, and stops it in order.
//!
//! Chooses the adapter of each port. Must not: hold a rule.

mod bank_page;
mod currency;
mod demo;
mod fault;
mod sandbox;
pub(crate) mod time;

pub use fault::ComposeFault;
pub use sandbox::open_book;

use crate::config::Config;
use axum::Router;
use campusg_actors::{
    port::{
        clock::{Clock, SystemClock},
        entropy::SystemEntropy,
    },
    runtime::{AcceptedClock, Runtime, Start},
};
use campusg_domain::{gateway::PaymentGateway, id::Seq};
use campusg_http::AppState;
use campusg_storage::{OpenOptions, Opened, Store};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// Exit code after a fault that only a restart can repair; a service manager then starts the process again.
const FATAL_EXIT: i32 = 70;

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct Mode {
    /// Creates demo people, cards, runners and stores; allowed only on an empty data folder or a demo's.
    pub demo: bool,
    /// Operators can advance the clock, which goes on from where the journal ends.
    pub virtual_clock: bool,
    /// A person's word for a clock that does not go on from where the journal ends.
    pub accepted_clock: Option<AcceptedClock>,
}

/// Returns the options with which the data folder is opened: the system's clock until a runtime brings its own, and the
/// policy's number of tries.
#[must_use]
pub fn open_options(config: &Config) -> OpenOptions {
    let clock = SystemClock::new(false);
    OpenOptions {
        retry_tries: config.policy.retry_tries,
        ..OpenOptions::new(move || clock.now().0)
    }
}

/// A payment gateway, with the pages that it has for people.
struct Payments {
    gateway: Arc<dyn PaymentGateway>,
    pages: Router,
}

/// Opens the data folder and starts everything except HTTP. Also returns the gateway's pages. Must be called within a
/// tokio runtime.
///
/// # Errors
/// A [`ComposeFault`] that names the path or the part.
pub async fn start_runtime(
    config: &Config,
    clock: SystemClock,
    accepted_clock: Option<AcceptedClock>,
) -> Result<(Runtime, Router), ComposeFault> {
    let (dir, storage, options) = (
        config.data.clone(),
        config.storage.clone(),
        open_options(config),
    );
    let opening = tokio::task::spawn_blocking(move || Store::open(&dir, &storage, options));
    let opened = opening.await.map_err(|_| ComposeFault::Panicked)??;
    let new = opened.boot.folded == Seq::NONE;
    currency::keep(&config.data, config.policy.currency.code(), new)?;
    log_what_was_found(&opened);
    let Payments { gateway, pages } = sandbox::payments(config, &clock, opened.store.reads())?;
    let start = Start {
        opened,
        policy: config.policy.clone(),
        config: config.runtime.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        digest: digest(config),
        gateway,
        gateway_concurrency: config.gateway.concurrency,
        gateway_timeout: Duration::from_millis(config.gateway.timeout_ms),
        gateway_breaker: config.gateway.breaker,
        gateway_poll: Duration::from_millis(config.gateway.events_poll_ms),
        gateway_cursor: config.data.join("gateway.cursor"),
        gateway_keys: config.gateway.keys(),
        notifier: None,
        clock: Arc::new(clock),
        accepted_clock,
        entropy: Arc::new(SystemEntropy),
        on_fatal: Box::new(|why| {
            tracing::error!(why, "the store can't go on: the process ends");
            std::process::exit(FATAL_EXIT);
        }),
    };
    Ok((Runtime::start(start).await?, pages))
}

/// What whoever listens beyond this machine should know.
const fn exposure(address: SocketAddr) -> Option<&'static str> {
    match address.ip().to_canonical() {
        ip if ip.is_loopback() => None,
        ip if ip.is_unspecified() => Some(
            "listening on all addresses of this machine: this is plain HTTP, open to all who can reach it; put a proxy that speaks TLS in front of it",
        ),
        _ => Some(
            "listening beyond this machine: this is plain HTTP, open to all who can reach it; put a proxy that speaks TLS in front of it",
        ),
    }
}

/// Serves until `stop` resolves, then stops in order. Calls `on_listening` with the address once the server listens.
///
/// # Errors
/// A [`ComposeFault`] that names the path, the address or the part.
pub async fn serve(
    config: &Config,
    mode: Mode,
    on_listening: impl FnOnce(SocketAddr, &[demo::Login]) -> Result<(), ComposeFault>,
    stop: impl Future<Output = ()>,
) -> Result<(), ComposeFault> {
    if config.runtime.drill_refused_releases > 0 && !mode.virtual_clock {
        let key = "runtime.drill_refused_releases";
        return Err(ComposeFault::Drill { key });
    }
    let address = config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ComposeFault::Listen { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| ComposeFault::Listen { address, source })?;
    // Only now, so that a server that can't listen leaves no mark in the folder.
    demo::check(&config.data, mode.demo)?;
    let clock = SystemClock::new(mode.virtual_clock);
    let (runtime, pages) = start_runtime(config, clock, mode.accepted_clock).await?;
    let logins = if mode.demo {
        demo::make(&runtime, &config.data).await?
    } else {
        vec![]
    };
    let edge = AppState::new(
        runtime.clone(),
        config.policy.clone(),
        config.server.clone(),
    );
    if let Some(warning) = exposure(address) {
        tracing::warn!(%address, "{warning}");
    }
    on_listening(address, &logins)?;
    let router = campusg_http::router(edge, pages);
    let cut_off = campusg_http::serve(listener, router, config.server.clone(), stop).await;
    if cut_off > 0 {
        tracing::warn!(
            connections = cut_off,
            "connections were cut off at the stop"
        );
    }
    Ok(runtime.stop().await?)
}

fn log_what_was_found(opened: &Opened) {
    let report = &opened.report;
    if let Some(cut) = &report.cut {
        tracing::warn!(
            ?cut,
            "a torn last group was cut away: nobody was told of it"
        );
    }
    let rebuilt = report.rebuilt.as_ref().filter(|_| report.folded > 0);
    if let Some(why) = rebuilt {
        tracing::warn!(%why, records = report.folded, "the snapshots were rebuilt from the journal");
    }
    tracing::info!(
        folded = opened.boot.folded.0,
        live_orders = opened.boot.live_orders,
        "data folder opened"
    );
}

/// Returns the digest of the effective configuration, for the boot record.
fn digest(config: &Config) -> [u8; 32] {
    let text = serde_json::to_vec(config).expect("a configuration is plain data");
    *blake3::hash(&text).as_bytes()
}

pub use demo::{Login, leave_no_demo};

#[cfg(test)]
mod tests {
    use super::exposure;

    #[test]
    fn e5_only_loopback_is_not_open_to_others() {
        let warns = |address: &str| {
            let address = format!("{address}:80").parse();
            address.is_ok_and(|address| exposure(address).is_some())
        };
        for safe in ["127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(!warns(safe), "{safe}");
        }
        for open in [
            "0.0.0.0",
            "[::]",
            "10.0.0.1",
            "[2001:db8::1]",
            "[::ffff:0.0.0.0]",
        ] {
            assert!(warns(open), "{open}");
        }
    }
}
