//! Wallets: a person's money outside of orders. Payouts, paid debts, charges that the bank took back, and on the
//! platform's own wallet losses made good and fees taken out. Decides for the streams `wallet:{id}`.
//!
//! A wallet is a fold of its records; balances are the ledger's alone. [`required_votes`] and [`turn`] are transitions
//! 41–44 of the lifecycle: votes → decide → fill, as for an order. Must not: read a balance but through a vote.
//! Invariant: a payout or payment that is requested has a call that is not closed and, but where that call already ends
//! it, a promise of its number; a call that is deferred has an armed `STEP_RETRY`.

mod admit;
mod command;
mod decide;
mod event;
mod fill;
mod fold;
mod receipt;
mod state;
mod statement;
mod turn;

pub use command::{ChargebackStage, Command};
pub use decide::{Context, Decision, decide, required_votes};
pub use event::{ChargebackId, Event};
pub use fill::{Filled, fill};
pub use fold::Wallets;
pub use receipt::{Receipt, Shows, receipt};
pub use state::{Chargeback, PLATFORM, Payment, PaymentState, Payout, PayoutState, Wallet};
pub use statement::{Line, LineKind, statement};
pub use turn::{Turn, decide_and_fill, turn};
