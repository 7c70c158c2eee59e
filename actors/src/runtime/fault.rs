//! The error of starting a runtime.

use super::Refusal;
use campusg_domain::time::At;
use campusg_storage::StorageFault;

/// Why the runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The data folder could not be opened or read.
    #[error(transparent)]
    Storage(#[from] StorageFault),
    /// A thread could not be started.
    #[error("can't start a thread")]
    Thread(#[source] std::io::Error),
    /// The actors' threads ended before they were ready.
    #[error("the actors' threads can't be started")]
    Arbiters,
    /// The clock does not go on from where the journal ends, and nobody has accepted it.
    #[error("the clock shows another time than the end of the journal")]
    Clock {
        /// The journal's newest time.
        newest: At,
        /// What the clock shows.
        shown: At,
    },
    /// The record of this boot could not be written.
    #[error("can't record the boot: {0}")]
    Boot(Refusal),
    /// [`Runtime::start`](super::Runtime::start) was not called within a tokio runtime.
    #[error("a runtime is started from within a tokio runtime")]
    NoTokio,
}
