//! Routes of the resource `order`, one per file.

pub(crate) mod accept;
pub(crate) mod cancel;
pub(crate) mod cancel_acceptance;
pub(crate) mod cancellation_quote;
pub(crate) mod confirm;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod no_show_answer;
pub(crate) mod pin;
pub(crate) mod place;
pub(crate) mod quote;
pub(crate) mod rate;
pub(crate) mod receipt;
pub(crate) mod refund;
pub(crate) mod report_problem;
pub(crate) mod status;
pub(crate) mod tip;
