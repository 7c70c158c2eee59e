//! Ports: everything that the runtime needs from the outside world comes in through a trait.
//!
//! Each module also has the port's adapters, except for the gateway, whose port is defined by the domain. Must not:
//! hold a rule.

pub mod clock;
pub mod entropy;
pub mod gateway;
pub mod notifier;
pub mod signature;
