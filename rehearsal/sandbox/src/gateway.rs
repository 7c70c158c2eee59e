//! The port's adapter: speaks to the sandbox gateway in process or over loopback, with one time-out for both.
//!
//! Must not: retry, or take silence for an answer.
//! Invariant: what the book refuses as misuse did nothing, so it is answered "declined"; a key used for something
//! else, whose call did do something, is answered "unavailable", so that it stays open and alarms.

use std::sync::Arc;
use std::time::Duration;

use campusg_domain::gateway::BoxFuture;
use campusg_domain::{
    call::{Answer, CardToken, Decline},
    id::UserId,
    money::Cents,
};

use super::book::{Book, LinePage};
use super::desk::{Desk, Now};
use super::feed::Faults;
use super::wire::{Ask, Reply};
use campusg_bank::{Misuse, Setup, Totals};
use campusg_domain::{
    call::AccountToken,
    gateway::{
        AccountFace, CallKey, CardFace, EventCursor, EventPage, LookUpFault, MethodKind,
        PaymentGateway, Payout, PayoutAnswer, Request, Standing, TokenFault, Unreachable,
    },
};

/// How a request reaches the sandbox gateway.
pub trait Transport: Send + Sync {
    /// Sends one request; `None`: no reply, and whether it was done is unknown.
    fn exchange(&self, ask: Ask) -> BoxFuture<'_, Option<Reply>>;
}

/// The sandbox gateway behind a transport.
pub struct Sandbox<T> {
    pub(super) transport: T,
    timeout: Duration,
}

/// The sandbox gateway inside this process, with a book of its own.
pub type SandboxGateway = Sandbox<Desk>;

impl Transport for Desk {
    fn exchange(&self, ask: Ask) -> BoxFuture<'_, Option<Reply>> {
        Box::pin(async move { Some(self.handle(ask).await) })
    }
}

impl SandboxGateway {
    /// A gateway over a book. Needs a tokio runtime with its timer, as each of its futures does.
    #[must_use]
    pub fn new(book: Arc<Book>, faults: Faults, timeout_ms: u64, now: Now) -> Self {
        Self::over(Desk::new(book, faults, now), timeout_ms)
    }
}

/// The sandbox's own pages: where a customer confirms a payment, and where cards and bank accounts are entered.
pub trait Bank: Send + Sync {
    /// What is to be confirmed; as [`Sandbox::to_confirm`].
    fn to_confirm(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Cents>, Unreachable>>;

    /// Says for the customer whether they confirm; as [`Sandbox::confirm`].
    fn confirm(&self, key: CallKey, approve: bool) -> BoxFuture<'_, Result<Answer, ConfirmFault>>;

    /// What is entered in a setup; as [`Sandbox::setup`].
    fn setup(&self, id: String) -> BoxFuture<'_, Result<Option<Setup>, Unreachable>>;

    /// Enters a card or an account; as [`Sandbox::enter`].
    fn enter(&self, id: String, token: String) -> BoxFuture<'_, Result<Setup, ConfirmFault>>;
}

impl<T: Transport> Bank for Sandbox<T> {
    fn to_confirm(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Cents>, Unreachable>> {
        Box::pin(Sandbox::to_confirm(self, key))
    }

    fn confirm(&self, key: CallKey, approve: bool) -> BoxFuture<'_, Result<Answer, ConfirmFault>> {
        Box::pin(Sandbox::confirm(self, key, approve))
    }

    fn setup(&self, id: String) -> BoxFuture<'_, Result<Option<Setup>, Unreachable>> {
        Box::pin(Sandbox::setup(self, id))
    }

    fn enter(&self, id: String, token: String) -> BoxFuture<'_, Result<Setup, ConfirmFault>> {
        Box::pin(Sandbox::enter(self, id, token))
    }
}

impl<T: Transport> Sandbox<T> {
    /// Speaks over `transport` and waits at most `timeout_ms` for each reply.
    pub(super) const fn over(transport: T, timeout_ms: u64) -> Self {
        Self {
            transport,
            timeout: Duration::from_millis(timeout_ms),
        }
    }

    /// What the bank waits for the customer to confirm; `None`: nothing, or it is decided.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn to_confirm(&self, key: CallKey) -> Result<Option<Cents>, Unreachable> {
        match self.ask(Ask::ToConfirm { key }).await {
            Some(Reply::ToConfirm(cents)) => Ok(cents),
            _ => Err(Unreachable),
        }
    }

    /// Says for the customer whether he confirms with his bank; the outcome comes as an event too.
    ///
    /// # Errors
    /// [`ConfirmFault`].
    pub async fn confirm(&self, key: CallKey, approve: bool) -> Result<Answer, ConfirmFault> {
        match self.ask(Ask::Confirm { key, approve }).await {
            Some(Reply::Answer(answer)) => Ok(answer),
            Some(Reply::Misuse(misuse)) => Err(ConfirmFault::Misuse(misuse)),
            _ => Err(ConfirmFault::Unreachable(Unreachable)),
        }
    }

    /// What is entered in a setup; `None` where there is none.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn setup(&self, id: String) -> Result<Option<Setup>, Unreachable> {
        match self.ask(Ask::Setup { id }).await {
            Some(Reply::Setup(setup)) => Ok(setup),
            _ => Err(Unreachable),
        }
    }

    /// Enters a card or a bank account for a setup; an event tells it.
    ///
    /// # Errors
    /// [`ConfirmFault`].
    pub async fn enter(&self, id: String, token: String) -> Result<Setup, ConfirmFault> {
        match self.ask(Ask::Enter { id, token }).await {
            Some(Reply::Setup(Some(setup))) => Ok(setup),
            Some(Reply::Misuse(misuse)) => Err(ConfirmFault::Misuse(misuse)),
            _ => Err(ConfirmFault::Unreachable(Unreachable)),
        }
    }

    /// Adds up the calls of one stream (as `order:{id}`), or all.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn totals(&self, stream: Option<String>) -> Result<Totals, Unreachable> {
        match self.ask(Ask::Totals { stream }).await {
            Some(Reply::Totals(totals)) => Ok(totals),
            _ => Err(Unreachable),
        }
    }

    /// Reads the book's lines from a place: 0, or a `next` from before.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn lines(&self, after: u64) -> Result<LinePage, Unreachable> {
        match self.ask(Ask::Lines { after }).await {
            Some(Reply::Lines(page)) => Ok(page),
            _ => Err(Unreachable),
        }
    }

    async fn ask(&self, ask: Ask) -> Option<Reply> {
        tokio::time::timeout(self.timeout, self.transport.exchange(ask))
            .await
            .ok()
            .flatten()
    }
}

/// Why what a person said or entered had no effect, or is not known to have had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmFault {
    /// The book refused it.
    #[error("the sandbox gateway refused it")]
    Misuse(#[source] Misuse),
    /// No answer.
    #[error(transparent)]
    Unreachable(Unreachable),
}

impl<T: Transport> PaymentGateway for Sandbox<T> {
    fn call(&self, request: Request) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            let key = request.key.clone();
            match self.ask(Ask::Call(request)).await {
                Some(Reply::Answer(answer)) => answer,
                Some(Reply::Misuse(misuse)) => match refused(&key, misuse) {
                    Some(reason) => Answer::Declined { reason },
                    None => Answer::Unavailable,
                },
                _ => Answer::Unavailable,
            }
        })
    }

    fn pay_out(&self, payout: Payout) -> BoxFuture<'_, PayoutAnswer> {
        Box::pin(async move {
            let key = payout.key.clone();
            match self.ask(Ask::PayOut(payout)).await {
                Some(Reply::Payout(answer)) => answer,
                Some(Reply::Misuse(misuse)) => match refused(&key, misuse) {
                    Some(reason) => PayoutAnswer::Declined { reason },
                    None => PayoutAnswer::Unavailable,
                },
                _ => PayoutAnswer::Unavailable,
            }
        })
    }

    fn begin_setup(
        &self,
        person: UserId,
        kind: MethodKind,
        return_url: String,
    ) -> BoxFuture<'_, Result<String, Unreachable>> {
        Box::pin(async move {
            let ask = Ask::BeginSetup {
                person,
                kind,
                return_url,
            };
            match self.ask(ask).await {
                Some(Reply::Page(path)) => Ok(path),
                _ => Err(Unreachable),
            }
        })
    }

    fn describe_card(&self, card: CardToken) -> BoxFuture<'_, Result<CardFace, TokenFault>> {
        Box::pin(async move {
            match self.ask(Ask::Describe { card }).await {
                Some(Reply::Card(face)) => Ok(face),
                Some(Reply::UnknownToken) => Err(TokenFault::Unknown),
                _ => Err(TokenFault::Unavailable),
            }
        })
    }

    fn describe_account(
        &self,
        account: AccountToken,
    ) -> BoxFuture<'_, Result<AccountFace, TokenFault>> {
        Box::pin(async move {
            match self.ask(Ask::DescribeAccount { account }).await {
                Some(Reply::Account(face)) => Ok(face),
                Some(Reply::UnknownToken) => Err(TokenFault::Unknown),
                _ => Err(TokenFault::Unavailable),
            }
        })
    }

    fn look_up(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Standing>, LookUpFault>> {
        Box::pin(async move {
            match self.ask(Ask::LookUp { key }).await {
                Some(Reply::Standing(standing)) => Ok(standing),
                _ => Err(Unreachable.into()),
            }
        })
    }

    fn events(&self, after: EventCursor) -> BoxFuture<'_, Result<EventPage, Unreachable>> {
        Box::pin(async move {
            match self.ask(Ask::Events { after }).await {
                Some(Reply::Events(page)) => Ok(page),
                _ => Err(Unreachable),
            }
        })
    }
}

/// How a refused call is answered: as declined, or `None` for "unknown".
fn refused(key: &CallKey, misuse: Misuse) -> Option<Decline> {
    tracing::error!(call.key = %key, error = %misuse, "payment gateway refused a call as misuse");
    (misuse != Misuse::KeyReused).then_some(Decline::Declined)
}
