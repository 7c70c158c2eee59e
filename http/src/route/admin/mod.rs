//! Routes of the resource `admin`, one per file.

pub(crate) mod actors;
pub(crate) mod advance;
pub(crate) mod audit;
pub(crate) mod reassign;
pub(crate) mod release;
pub(crate) mod retry;
pub(crate) mod sagas;
pub(crate) mod suspend;
