//! How questions read the directory: in place, beside the owner that alone writes it.

use super::Refusal;
use crate::owner::directory::SharedDirectory;
use campusg_domain::{id::Seq, owner::directory::Directory};
use std::sync::RwLockReadGuard;
use tokio::sync::watch;

/// The directory for whoever answers questions: read in place, as of a record that must be in it.
#[derive(Debug)]
pub(super) struct DirectoryReader {
    shared: SharedDirectory,
    folded: watch::Receiver<Seq>,
}

impl DirectoryReader {
    pub(super) const fn new(shared: SharedDirectory, folded: watch::Receiver<Seq>) -> Self {
        Self { shared, folded }
    }

    /// As it is now.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.shared
            .read()
            .expect("a panic in the directory ends the process")
    }

    /// Waits until it has folded a record. It seldom has to: folds are told before a record is acknowledged.
    pub(super) async fn caught_up(&self, seq: Seq) -> Result<(), Refusal> {
        let mut folded = self.folded.clone();
        let caught_up = folded.wait_for(|folded| *folded >= seq).await;
        caught_up.map(drop).map_err(|_| Refusal::Stopping)
    }
}
