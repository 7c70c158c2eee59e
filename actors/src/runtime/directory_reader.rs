//! Lets queries read the directory in place, beside the owner, which is its only writer.

use super::Refusal;
use crate::owner::directory::SharedDirectory;
use campusg_domain::{id::Seq, owner::directory::Directory};
use std::sync::RwLockReadGuard;
use tokio::sync::watch;

/// The directory for reading, with a signal of how far it has folded.
#[derive(Debug)]
pub(super) struct DirectoryReader {
    shared: SharedDirectory,
    folded: watch::Receiver<Seq>,
}

impl DirectoryReader {
    pub(super) const fn new(shared: SharedDirectory, folded: watch::Receiver<Seq>) -> Self {
        Self { shared, folded }
    }

    /// Returns the directory as it is now.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.shared
            .read()
            .expect("a panic in the directory ends the process")
    }

    /// Waits until the directory has folded a record. It rarely has to, since owners fold a batch before it is
    /// acknowledged.
    pub(super) async fn caught_up(&self, seq: Seq) -> Result<(), Refusal> {
        let mut folded = self.folded.clone();
        let caught_up = folded.wait_for(|folded| *folded >= seq).await;
        caught_up.map(drop).map_err(|_| Refusal::Stopping)
    }
}
