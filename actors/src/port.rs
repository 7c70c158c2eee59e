//! The outside world as the runtime sees it: each thing it cannot decide itself comes in through a port.
//!
//! Each has its adapters beside it, but the gateway's, whose port is the domain's. Must not: hold a rule.

pub mod clock;
pub mod entropy;
pub mod gateway;
pub mod notifier;
pub mod signature;
