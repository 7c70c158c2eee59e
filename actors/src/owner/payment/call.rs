//! One call to the gateway: whose it is, what is requested, and where its answer goes.
//!
//! Must not: decide what an answer means. An order's answer goes to the order, a wallet's to the escrow owner.

use super::breakers::{Method, Payer};
use crate::{
    owners::Owners,
    port::gateway::{CallKey, PaymentGateway, Payout, Request, Subject, Unanswered},
    refusal::Refusal,
    shell::order::Orders,
};
use campusg_domain::{
    call::{Answer, CallKind, CallNumber},
    id::{CommandId, OrderId, Principal, Seq, Stream, UserId},
    order::{self, Order},
    owner::wallet::{self, Wallet},
    stream::Envelope,
};
use campusg_storage::read::Reads;
use std::{sync::Arc, time::Duration};

/// The order or the wallet that a call belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Party {
    Order(OrderId),
    Wallet(UserId),
}

/// Within one of these at most one call is under way. An order's calls go out one after another; each call of a
/// wallet has its own queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum CallQueue {
    Order(OrderId),
    Wallet(UserId, CallNumber),
}

impl Party {
    pub(super) const fn queue(self, n: CallNumber) -> CallQueue {
        match self {
            Self::Order(order) => CallQueue::Order(order),
            Self::Wallet(user) => CallQueue::Wallet(user, n),
        }
    }

    pub(super) const fn of(stream: Stream) -> Option<Self> {
        match stream {
            Stream::Order(order) => Some(Self::Order(order)),
            Stream::Wallet(user) => Some(Self::Wallet(user)),
            Stream::System
            | Stream::User(_)
            | Stream::Store(_)
            | Stream::Inbox(_)
            | Stream::Schedule(_) => None,
        }
    }

    pub(super) const fn stream(self) -> Stream {
        match self {
            Self::Order(order) => Stream::Order(order),
            Self::Wallet(user) => Stream::Wallet(user),
        }
    }

    /// Reads the order or the wallet. An order is asked itself, so that its calls do not wait for a snapshot; a wallet
    /// is read once the record that opened the call is folded.
    pub(super) async fn look(
        self,
        orders: &Orders,
        reads: Reads,
        folded: Seq,
    ) -> Result<Looked, Refusal> {
        match self {
            Self::Order(id) => {
                let order = orders.look(id).await?;
                let order = order.ok_or_else(|| Refusal::not_found("order"))?;
                Ok(Looked::Order(order))
            }
            Self::Wallet(user) => {
                let folded = reads.wait_folded(folded).await;
                folded.map_err(|_| Refusal::Stopping)?;
                let read = tokio::task::spawn_blocking(move || reads.wallet_of(user)).await;
                let wallet = read
                    .map_err(|_| Refusal::Fault)?
                    .map_err(|_| Refusal::Fault)?;
                let wallet = wallet.ok_or_else(|| Refusal::not_found("wallet"))?;
                Ok(Looked::Wallet(wallet))
            }
        }
    }
}

/// An order or a wallet with calls, as it is now.
pub(super) enum Looked {
    Order(Arc<Order>),
    Wallet(Arc<Wallet>),
}

impl Looked {
    /// Tries of this call that were not answered.
    pub(super) fn failures(&self, n: CallNumber) -> u16 {
        let failures = match self {
            Self::Order(order) => order.calls.get(&n).map(|call| call.failures),
            Self::Wallet(wallet) => wallet.calls.get(&n).map(|call| call.failures),
        };
        failures.unwrap_or_default()
    }

    /// Who pays or is paid by this call, and with what.
    pub(super) fn payer(&self, n: CallNumber, kind: CallKind) -> Option<Payer> {
        Some(match self {
            Self::Order(order) => Payer {
                user: order.terms.customer,
                method: Method::Card(order.card(n).clone()),
            },
            Self::Wallet(wallet) => Payer {
                user: wallet.user,
                method: match kind {
                    CallKind::PayOut { .. } => {
                        Method::Account(wallet.payout(n)?.method.token.clone())
                    }
                    CallKind::Authorize { .. }
                    | CallKind::Capture { .. }
                    | CallKind::Void { .. }
                    | CallKind::Refund { .. }
                    | CallKind::Charge { .. } => Method::Card(wallet.card(n)?.clone()),
                },
            },
        })
    }

    /// Builds the request, with the card or bank account that the stream fixed for this call.
    pub(super) fn call(&self, n: CallNumber, kind: CallKind) -> Result<Call, Refusal> {
        let call = match self {
            Self::Order(order) => {
                let calls = |n| order.calls.get(&n).map(|call| call.kind);
                let stream = Stream::Order(order.id);
                Request::resolve(stream, n, kind, order.card(n), calls).map(Call::Request)
            }
            Self::Wallet(wallet) => of_wallet(wallet, n, kind),
        };
        call.ok_or(Refusal::Fault)
    }
}

fn of_wallet(wallet: &Wallet, n: CallNumber, kind: CallKind) -> Option<Call> {
    if let CallKind::PayOut { cents } = kind {
        return payout(wallet, n, cents);
    }
    let calls = |n| wallet.calls.get(&n).map(|call| call.kind);
    let card = wallet.card(n)?;
    let stream = Stream::Wallet(wallet.user);
    Request::resolve(stream, n, kind, card, calls).map(Call::Request)
}

fn payout(wallet: &Wallet, n: CallNumber, cents: campusg_domain::money::Cents) -> Option<Call> {
    let key = CallKey::of_payout(Stream::Wallet(wallet.user), n);
    let account = wallet.payout(n)?.method.token.clone();
    Some(Call::Payout(Payout {
        key,
        account,
        cents,
    }))
}

/// A request to the gateway.
#[derive(Debug)]
pub(super) enum Call {
    Request(Request),
    Payout(Payout),
}

impl Call {
    /// Makes one try and returns its answer; without one in time it is unanswered.
    pub(super) async fn make(
        self,
        gateway: &dyn PaymentGateway,
        timeout: Duration,
    ) -> Result<Answer, Unanswered> {
        let silence = Unanswered(Subject::Unknown);
        let answer = match self {
            Self::Request(request) => {
                let answer = tokio::time::timeout(timeout, gateway.call(request)).await;
                answer.map_err(|_| silence.clone())??
            }
            Self::Payout(payout) => {
                let answer = tokio::time::timeout(timeout, gateway.pay_out(payout)).await;
                answer.map_err(|_| silence.clone())??.into()
            }
        };
        if answer == Answer::Unavailable {
            Err(silence)
        } else {
            Ok(answer)
        }
    }
}

/// Where answers are delivered.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) orders: Orders,
    pub(crate) owners: Arc<Owners>,
}

impl Answers {
    /// Delivers an answer as a command; returns whether it changed anything.
    pub(super) async fn bring(
        &self,
        party: Party,
        call: CallNumber,
        answer: Answer,
        id: CommandId,
    ) -> Result<bool, Refusal> {
        match party {
            Party::Order(order) => {
                let command = order::Command::Answered { call, answer };
                let envelope = Envelope::own(Principal::Gateway, id, order, command);
                self.orders.send(envelope).await.map(|done| !done.repeated)
            }
            Party::Wallet(user) => {
                let command = wallet::Command::Answered { call, answer };
                let envelope = Envelope::own(Principal::Gateway, id, user, command);
                self.owners.submit(envelope).await.map(|_| true)
            }
        }
    }
}
