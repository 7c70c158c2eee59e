//! The adapter of the payment gateway's port: reaches the sandbox gateway in process or over loopback, with one time-out.
//!
//! Must not: retry, or take a missing answer for a refusal.
//! Invariant: a call that the book refuses as misuse did nothing, so the answer is "declined". Only a key that was used for
//! another call, which may have done something, is answered "unavailable": the call stays open and alarms operators.

use std::sync::Arc;
use std::time::Duration;

use campusg_domain::gateway::BoxFuture;
use campusg_domain::{
    call::{Answer, CardToken, Decline},
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
        PaymentGateway, Payout, PayoutAnswer, Request, Standing, Subject, TokenFault, Unanswered,
        Unreachable,
    },
};

/// How a request reaches the sandbox gateway: in process, or over a socket.
pub trait Transport: Send + Sync {
    /// Sends one request; `None`: there was no reply, and whether it was done is unknown.
    fn exchange(&self, ask: Ask) -> BoxFuture<'_, Option<Reply>>;

    /// What keeps the sandbox gateway from working, if that can be seen from here.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// The sandbox gateway, reached through a transport.
pub struct Sandbox<T> {
    pub(super) transport: T,
    timeout: Duration,
}

/// The sandbox gateway inside this process, with its own book.
pub type SandboxGateway = Sandbox<Desk>;

impl Transport for Desk {
    fn exchange(&self, ask: Ask) -> BoxFuture<'_, Option<Reply>> {
        Box::pin(async move { Some(self.handle(ask).await) })
    }

    fn trouble(&self) -> Option<String> {
        self.book().trouble()
    }
}

impl SandboxGateway {
    /// A gateway on a book. Its futures need a tokio runtime with timers.
    #[must_use]
    pub fn new(book: Arc<Book>, faults: Faults, timeout_ms: u64, now: Now) -> Self {
        Self::over(Desk::new(book, faults, now), timeout_ms)
    }
}

/// What the sandbox's web pages need: customers confirm payments there, and enter cards and bank accounts.
pub trait Bank: Send + Sync {
    /// The amount that the customer is asked to confirm; see [`Sandbox::to_confirm`].
    fn to_confirm(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Cents>, Unreachable>>;

    /// Gives the customer's answer to the bank; see [`Sandbox::confirm`].
    fn confirm(&self, key: CallKey, approve: bool) -> BoxFuture<'_, Result<Answer, ConfirmFault>>;

    /// A setup by its id; see [`Sandbox::setup`].
    fn setup(&self, id: String) -> BoxFuture<'_, Result<Option<Setup>, Unreachable>>;

    /// Enters a card or a bank account; see [`Sandbox::enter`].
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
    /// A gateway over `transport` that waits at most `timeout_ms` milliseconds for each reply.
    pub(super) const fn over(transport: T, timeout_ms: u64) -> Self {
        Self {
            transport,
            timeout: Duration::from_millis(timeout_ms),
        }
    }

    /// The amount in cents that the customer is asked to confirm; `None` if they are not asked, or have answered.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no reply.
    pub async fn to_confirm(&self, key: CallKey) -> Result<Option<Cents>, Unreachable> {
        match self.ask(Ask::ToConfirm { key }).await {
            Some(Reply::ToConfirm(cents)) => Ok(cents),
            _ => Err(Unreachable),
        }
    }

    /// Gives the customer's answer to the bank: whether they confirm the payment. An event reports the outcome too.
    ///
    /// # Errors
    /// [`ConfirmFault`] if there was nothing to confirm, or there is no reply.
    pub async fn confirm(&self, key: CallKey, approve: bool) -> Result<Answer, ConfirmFault> {
        match self.ask(Ask::Confirm { key, approve }).await {
            Some(Reply::Answer(answer)) => Ok(answer),
            Some(Reply::Misuse(misuse)) => Err(ConfirmFault::Misuse(misuse)),
            _ => Err(ConfirmFault::Unreachable(Unreachable)),
        }
    }

    /// A setup by its id; `None` if there is none.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no reply.
    pub async fn setup(&self, id: String) -> Result<Option<Setup>, Unreachable> {
        match self.ask(Ask::Setup { id }).await {
            Some(Reply::Setup(setup)) => Ok(setup),
            _ => Err(Unreachable),
        }
    }

    /// Records the card or bank account, by its token, that a person picked in a setup. An event reports it too.
    ///
    /// # Errors
    /// [`ConfirmFault`] if there is nothing to enter, or there is no reply.
    pub async fn enter(&self, id: String, token: String) -> Result<Setup, ConfirmFault> {
        match self.ask(Ask::Enter { id, token }).await {
            Some(Reply::Setup(Some(setup))) => Ok(setup),
            Some(Reply::Misuse(misuse)) => Err(ConfirmFault::Misuse(misuse)),
            _ => Err(ConfirmFault::Unreachable(Unreachable)),
        }
    }

    /// Sums over the calls of one stream (as `order:{id}`), or of all.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no reply.
    pub async fn totals(&self, stream: Option<String>) -> Result<Totals, Unreachable> {
        match self.ask(Ask::Totals { stream }).await {
            Some(Reply::Totals(totals)) => Ok(totals),
            _ => Err(Unreachable),
        }
    }

    /// Reads entries of the book from a byte offset: 0, or the `next` of an earlier page.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no reply.
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

    /// As `ask`; a lost connection speaks of the gateway, a late reply may speak of the card too.
    async fn ask_about_money(&self, ask: Ask) -> Result<Reply, Unanswered> {
        match tokio::time::timeout(self.timeout, self.transport.exchange(ask)).await {
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => Err(Unanswered(Subject::Gateway)),
            Err(_) => Err(Unanswered(Subject::Unknown)),
        }
    }
}

/// Why a person's answer or entry on the sandbox's pages had no effect, or may have had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmFault {
    /// The bank refused it; nothing was done.
    #[error("the sandbox gateway refused it")]
    Misuse(#[source] Misuse),
    /// There was no reply; whether it was done is unknown.
    #[error(transparent)]
    Unreachable(Unreachable),
}

impl<T: Transport> PaymentGateway for Sandbox<T> {
    fn trouble(&self) -> Option<String> {
        self.transport.trouble()
    }

    fn call(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unanswered>> {
        Box::pin(async move {
            let key = request.key.clone();
            match self.ask_about_money(Ask::Call(request)).await? {
                Reply::Answer(Answer::Unavailable) => Err(Unanswered(Subject::Card)),
                Reply::Answer(answer) => Ok(answer),
                Reply::Misuse(misuse) => {
                    refused(&key, misuse).map(|reason| Answer::Declined { reason })
                }
                _ => Err(Unanswered(Subject::Gateway)),
            }
        })
    }

    fn pay_out(&self, payout: Payout) -> BoxFuture<'_, Result<PayoutAnswer, Unanswered>> {
        Box::pin(async move {
            let key = payout.key.clone();
            match self.ask_about_money(Ask::PayOut(payout)).await? {
                Reply::Payout(PayoutAnswer::Unavailable) => Err(Unanswered(Subject::Card)),
                Reply::Payout(answer) => Ok(answer),
                Reply::Misuse(misuse) => {
                    refused(&key, misuse).map(|reason| PayoutAnswer::Declined { reason })
                }
                _ => Err(Unanswered(Subject::Gateway)),
            }
        })
    }

    fn begin_setup(
        &self,
        key: CallKey,
        kind: MethodKind,
        return_url: String,
    ) -> BoxFuture<'_, Result<String, Unreachable>> {
        Box::pin(async move {
            let ask = Ask::BeginSetup {
                key,
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

/// How a refused call is answered: as declined, or not at all, which speaks of its order alone.
fn refused(key: &CallKey, misuse: Misuse) -> Result<Decline, Unanswered> {
    tracing::error!(call.key = %key, error = %misuse, "payment gateway refused a call as misuse");
    match misuse {
        Misuse::KeyReused => Err(Unanswered(Subject::Order)),
        _ => Ok(Decline::Declined),
    }
}
