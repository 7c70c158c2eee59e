//! Why a runtime could not start.

use super::Refusal;
use campusg_storage::StorageFault;

/// The runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The data folder.
    #[error(transparent)]
    Storage(#[from] StorageFault),
    /// A thread could not be started.
    #[error("can't start a thread")]
    Thread(#[source] std::io::Error),
    /// The arbiters ended before they began.
    #[error("the actors' threads can't be started")]
    Arbiters,
    /// The boot could not be recorded.
    #[error("can't record the boot: {0}")]
    Boot(Refusal),
    /// It is not called from within a tokio runtime.
    #[error("a runtime is started from within a tokio runtime")]
    NoTokio,
}
