//! Request handlers, one file per route. Each translates one request and decides nothing.

pub(crate) mod admin;
pub(crate) mod dispute;
pub(crate) mod docs;
pub(crate) mod escrow;
pub(crate) mod front;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod notification;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod photo;
pub(crate) mod problem;
pub(crate) mod proposal;
pub(crate) mod scheduled_event;
pub(crate) mod session;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod timer;
pub(crate) mod user;
