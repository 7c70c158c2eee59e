//! Routes of the resource `admin`, one per file.

pub(crate) mod abandon;
pub(crate) mod accept_clock;
pub(crate) mod actors;
pub(crate) mod advance;
pub(crate) mod audit;
pub(crate) mod hold;
pub(crate) mod reassign;
pub(crate) mod release;
pub(crate) mod retry_wallet;
pub(crate) mod sagas;
pub(crate) mod settle;
pub(crate) mod stalled;
pub(crate) mod suspend;
pub(crate) mod wallets;
pub(crate) mod write_off;
