//! What surrounds any payment gateway: a circuit breaker and settings. The port itself is defined by the domain.

mod breaker;
mod config;
mod describe;

pub use breaker::{Breaker, BreakerConfig, HeldBack};
pub use campusg_domain::gateway::{
    CallKey, Chargeback, EventCursor, EventId, GatewayEvent, LookUpFault, Method, MethodKind, News,
    PaymentGateway, Payout, PayoutAnswer, Request, Standing, Subject, TokenFault, Unanswered,
    Unreachable,
};
pub use config::GatewayConfig;
pub(crate) use describe::{account, card};
