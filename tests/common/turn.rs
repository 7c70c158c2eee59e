//! One server for the tests of a file, one test at a time: a moved clock concerns every order of a server.
//!
//! Invariant: the server ends with the last test that waits for it or uses it; nothing is left to a static.

use super::{Options, Server};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::MutexGuard;

static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A test's time with the shared server.
#[derive(Debug)]
pub struct Turn {
    /// The server.
    pub server: Arc<Server>,
    _turn: MutexGuard<'static, ()>,
}

/// Waits for the shared server; starts it where no other test of this process has it. Every caller of a file gives
/// the same options.
pub async fn shared(options: fn() -> Options) -> Turn {
    let server = {
        let mut kept = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        kept.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Server::start(options()));
            *kept = Arc::downgrade(&server);
            server
        })
    };
    Turn {
        server,
        _turn: TURN.lock().await,
    }
}
