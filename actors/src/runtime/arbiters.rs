//! The threads on which actors run.

use super::StartFault;
use actix_rt::{Arbiter, ArbiterHandle, System};
use std::{sync::mpsc, thread::JoinHandle};

/// max(1, cores / 2) threads; owners run on the first. Dropping this ends every actor and joins every thread.
pub(super) struct Arbiters {
    handles: Vec<ArbiterHandle>,
    system: System,
    // `None` only during the drop.
    thread: Option<JoinHandle<()>>,
}

impl Arbiters {
    pub(super) fn start() -> Result<Self, StartFault> {
        let (ready, started) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("orders-0".into())
            .spawn(move || run(&ready));
        let thread = thread.map_err(StartFault::Thread)?;
        let (handles, system) = started.recv().map_err(|_| StartFault::Arbiters)?;
        Ok(Self {
            handles,
            system,
            thread: Some(thread),
        })
    }

    pub(super) fn handles(&self) -> &[ArbiterHandle] {
        &self.handles
    }

    /// The thread on which the owners run.
    pub(super) fn home(&self) -> &ArbiterHandle {
        &self.handles[0]
    }
}

impl Drop for Arbiters {
    fn drop(&mut self) {
        self.system.stop();
        if let Some(thread) = self.thread.take() {
            // The panic hook has already reported a panic of that thread.
            let _ = thread.join();
        }
    }
}

fn run(ready: &mpsc::Sender<(Vec<ArbiterHandle>, System)>) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runner = System::new();
    let others: Vec<Arbiter> =
        runner.block_on(async { (1..(cores / 2).max(1)).map(|_| Arbiter::new()).collect() });
    let system = System::current();
    let handles = std::iter::once(system.arbiter().clone())
        .chain(others.iter().map(Arbiter::handle))
        .collect();
    // An error only means that the start was given up.
    let _ = ready.send((handles, system));
    if let Err(fault) = runner.run() {
        tracing::error!(%fault, "the actors' threads ended");
    }
    others.into_iter().for_each(|arbiter| {
        arbiter.stop();
        // The panic hook has already reported a panic of that thread.
        let _ = arbiter.join();
    });
}
