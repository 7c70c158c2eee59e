//! Connects the sandbox payment gateway, in this process or in another, with the page of its bank.
//!
//! This is the only place that names a payment gateway. A second one would get a module beside this one, which
//! `start_runtime` would use instead.

use super::{ComposeFault, Payments, bank_page};
use crate::config::Config;
use campusg_actors::port::clock::{Clock, SystemClock};
use campusg_sandbox::{Book, RemoteGateway, SandboxGateway, Tuning};
use std::{path::Path, sync::Arc};

/// Returns the sandbox gateway as it is configured.
pub(super) fn payments(config: &Config, clock: &SystemClock) -> Result<Payments, ComposeFault> {
    let (settings, timeout_ms) = (&config.sandbox, config.gateway.timeout_ms);
    let currency = config.policy.currency;
    if let Some(address) = settings.address {
        let remote = RemoteGateway::new(address, config.gateway.concurrency, timeout_ms);
        let remote = Arc::new(remote);
        return Ok(Payments {
            pages: bank_page::router(Arc::clone(&remote) as _, currency),
            gateway: remote,
        });
    }
    let book = open_book(&config.data.join(&settings.book), settings.tuning)?;
    let clock = clock.clone();
    let now = Arc::new(move || clock.now());
    let inside = SandboxGateway::new(book, settings.faults, timeout_ms, now);
    let inside = Arc::new(inside);
    Ok(Payments {
        pages: bank_page::router(Arc::clone(&inside) as _, currency),
        gateway: inside,
    })
}

/// Opens the sandbox gateway's book; creates its folder if it is missing.
///
/// # Errors
/// [`ComposeFault::Book`] with the path.
pub fn open_book(path: &Path, tuning: Tuning) -> Result<Arc<Book>, ComposeFault> {
    let book = Book::open(path, tuning).map_err(|source| ComposeFault::Book {
        path: path.into(),
        source,
    })?;
    Ok(Arc::new(book))
}
