//! The HTTP API: routes, bodies, authorisation, views of what the runtime returns, and problems.
//!
//! Uses the façade of `campusg-actors` and the values of `campusg-domain`, nothing else of the product.
//! Must not: decide. A handler translates a request into one command or a few queries, and the result into a view.
//! Invariants: every route is registered with a policy; a view sends only the fields that it names.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))] // a new variant does not compile until each place says what it means there

mod accept;
mod answer;
mod app_state;
mod attempt;
mod auth;
mod bare_refusal;
mod body;
mod call;
mod client;
mod config;
mod connections;
mod contract;
mod cors;
mod dispatch;
mod dto;
mod fingerprint;
mod flight;
mod free_text;
mod gate;
mod head;
mod html;
mod json;
mod limit;
mod linger;
mod live;
mod page;
mod path;
mod policy;
mod problem;
mod progress;
mod room;
mod route;
mod router;
mod serve;
mod shell;
mod table;
mod tag;
mod tally;
mod text;
mod time;
mod view;
mod wire;

pub use app_state::AppState;
pub use config::HttpConfig;
pub use html::{document, escaped};
pub use policy::{Route, RoutePolicy, Who};
pub use router::{router, routes};
pub use serve::serve;
