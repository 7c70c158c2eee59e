//! The facade: what the edge, the command line and the tests know of the runtime.
//!
//! [`Runtime::command`] changes something, [`Runtime::query`] reads, [`Runtime::watch`] follows.
//! Must not: let an actix, sled or HTTP type out.

mod accounts;
mod answers;
mod arbiters;
mod audit;
mod card;
mod command;
mod config;
mod directory_reader;
mod disputes;
mod errands;
mod free_text;
mod gateway;
mod history;
mod inner;
mod line;
mod messages;
mod owners;
mod placing;
mod proof;
mod query;
mod refusal;
mod seal;
mod setup;
mod start;
mod sweep;
mod vitals;
mod wallets;

pub use audit::{Act, AuditPage, GetAudit};
pub use command::*;
pub use config::RuntimeConfig;
pub use disputes::{DisputeReply, DisputeThread, GetDisputes};
pub use free_text::{FreeText, OpenFreeText, SealFreeText, SealedFreeText};
pub use gateway::{CheckSignature, GatewayEvent, TakeGatewayEvent};
pub use messages::{GetMessages, Message, Messages};
pub use query::*;
pub use refusal::Refusal;
pub use setup::{BeginSetup, MethodKind};
pub use start::{Start, StartFault};
pub use vitals::{Actors, GetActors, GetReadiness, JournalWork, Readiness};
pub use wallets::{
    GetPayouts, GetReceipt, GetStalledWallets, GetStatements, GetWallet, GetWalletBalance, Moved,
    OrderStatement, PayDebt, RemovePayoutMethod, RequestPayout, RetryWallet, SetPayoutMethod,
    StatementPage, TopUp, Wallet, WalletLine, Withdraw, WriteOff,
};

pub use crate::live::{Live, Watching};
pub use crate::port::signature::SignatureFault;
use std::sync::Arc;

/// The running product. Cheap to clone; every clone is the same.
#[derive(Clone, Debug)]
pub struct Runtime(Arc<inner::Inner>);

impl Runtime {
    /// Carries out a command. Its answer is durable.
    ///
    /// # Errors
    /// A [`Refusal`]; `Unknown` where no answer came in time, which is not a no.
    pub async fn command<C: Command>(
        &self,
        caller: Caller,
        command: C,
    ) -> Result<C::Reply, Refusal> {
        command.carry_out(self, caller).await
    }

    /// Answers a question, as of at least the moment it is asked.
    ///
    /// # Errors
    /// A [`Refusal`] where the answer can't be had now.
    pub async fn query<Q: Query>(&self, query: Q) -> Result<Q::Answer, Refusal> {
        query.answer(self).await
    }

    /// Follows every durable batch from here on.
    #[must_use]
    pub fn watch(&self) -> Watching {
        self.hub().watch()
    }
}
