//! The threads on which actors live.

use super::StartFault;
use actix_rt::{Arbiter, ArbiterHandle, System};
use std::{sync::mpsc, thread::JoinHandle};

/// max(1, cores / 2) threads; owners live on the first. Dropping them ends every actor and joins every thread.
pub(super) struct Arbiters {
    handles: Vec<ArbiterHandle>,
    system: System,
    // Taken by the drop.
    thread: Option<JoinHandle<()>>,
}

impl Arbiters {
    /// Starts them.
    pub(super) fn start() -> Result<Self, StartFault> {
        let (ready, started) = mpsc::channel();
        let thread = std::thread::Builder::new().name("orders-0".into()).spawn(move || run(&ready));
        let thread = thread.map_err(StartFault::Thread)?;
        let (handles, system) = started.recv().map_err(|_| StartFault::Arbiters)?;
        Ok(Self { handles, system, thread: Some(thread) })
    }

    /// All of them.
    pub(super) fn handles(&self) -> &[ArbiterHandle] {
        &self.handles
    }

    /// Where the owners live.
    pub(super) fn home(&self) -> &ArbiterHandle {
        &self.handles[0]
    }
}

impl Drop for Arbiters {
    fn drop(&mut self) {
        self.system.stop();
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn run(ready: &mpsc::Sender<(Vec<ArbiterHandle>, System)>) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runner = System::new();
    let others: Vec<Arbiter> = runner.block_on(async { (1..(cores / 2).max(1)).map(|_| Arbiter::new()).collect() });
    let system = System::current();
    let handles = std::iter::once(system.arbiter().clone()).chain(others.iter().map(Arbiter::handle)).collect();
    // Nobody waits any more where the start was given up.
    let _ = ready.send((handles, system));
    if let Err(fault) = runner.run() {
        tracing::error!(%fault, "the actors' threads ended");
    }
    others.into_iter().for_each(|arbiter| {
        arbiter.stop();
        // A panic there was reported by the panic hook.
        let _ = arbiter.join();
    });
}
