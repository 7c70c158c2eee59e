//! What the runtime has around the payment gateway, whichever it is: its port, which is the domain's, a breaker, and
//! settings.

mod breaker;
mod config;
mod describe;

pub use breaker::{Breaker, BreakerConfig};
pub use campusg_domain::gateway::{
    CallKey, Chargeback, EventCursor, EventId, GatewayEvent, LookUpFault, Method, MethodKind, News,
    PaymentGateway, Payout, PayoutAnswer, Request, Standing, TokenFault, Unreachable,
};
pub use config::GatewayConfig;
pub(crate) use describe::{account, card};
