//! The outside world as the runtime sees it: each thing it cannot decide itself comes in through a port.
//!
//! Must not: hold an adapter or a rule.

pub mod clock;
pub mod entropy;
pub mod gateway;
pub mod notifier;
pub mod signature;
