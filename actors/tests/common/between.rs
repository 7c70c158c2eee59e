//! Something between a house and its sandbox gateway, which meets each call before the gateway does, or its answer after.

use super::{House, Settings};
use campusg_domain::{
    call::{AccountToken, Answer, CardToken},
    gateway::{
        AccountFace, CallKey, CardFace, EventCursor, EventPage, LookUpFault, MethodKind,
        PaymentGateway, Payout, PayoutAnswer, Request, Standing, TokenFault, Unanswered,
        Unreachable,
    },
};
use campusg_sandbox::{Book, SandboxGateway};
use futures_util::future::{BoxFuture, ready};
use std::sync::Arc;
use tempfile::TempDir;

/// One try of a call.
pub type Try<'a> = BoxFuture<'a, Result<Answer, Unanswered>>;

/// One try of a payout.
pub type PayoutTry<'a> = BoxFuture<'a, Result<PayoutAnswer, Unanswered>>;

/// What is between.
pub trait Way: Send + Sync + 'static {
    /// Passes a call on, sooner or later, and its answer back, or not.
    fn call<'a>(&'a self, sandbox: &'a SandboxGateway, request: Request) -> Try<'a> {
        sandbox.call(request)
    }

    /// Passes a payout on, sooner or later.
    fn pay_out<'a>(&'a self, sandbox: &'a SandboxGateway, payout: Payout) -> PayoutTry<'a> {
        sandbox.pay_out(payout)
    }

    /// Whether the gateway can be asked what it knows of a call.
    fn looks_up(&self) -> bool {
        true
    }
}

/// The sandbox gateway behind it; everything but calls passes.
pub struct Between<W> {
    pub sandbox: SandboxGateway,
    pub way: W,
    _dir: TempDir,
}

impl<W: Way> Between<W> {
    /// A house with this between it and its gateway.
    pub async fn house(settings: Settings, way: W) -> (House, Arc<Self>) {
        let dir = TempDir::new().unwrap();
        let book = Book::open(&dir.path().join("book.jsonl"), settings.tuning).unwrap();
        let clock = Arc::clone(&settings.clock);
        let now = Arc::new(move || clock.now());
        let sandbox = SandboxGateway::new(Arc::new(book), settings.faults, 10_000, now);
        let _dir = dir;
        let between = Arc::new(Self { sandbox, way, _dir });
        let gateway = Some(Arc::clone(&between) as Arc<dyn PaymentGateway>);
        let settings = Settings {
            gateway,
            ..settings
        };
        (House::with(settings).await, between)
    }
}

impl<W: Way> PaymentGateway for Between<W> {
    fn call(&self, request: Request) -> Try<'_> {
        self.way.call(&self.sandbox, request)
    }

    fn pay_out(&self, payout: Payout) -> PayoutTry<'_> {
        self.way.pay_out(&self.sandbox, payout)
    }

    fn begin_setup(
        &self,
        key: CallKey,
        kind: MethodKind,
        return_url: String,
    ) -> BoxFuture<'_, Result<String, Unreachable>> {
        self.sandbox.begin_setup(key, kind, return_url)
    }

    fn describe_card(&self, card: CardToken) -> BoxFuture<'_, Result<CardFace, TokenFault>> {
        self.sandbox.describe_card(card)
    }

    fn describe_account(
        &self,
        account: AccountToken,
    ) -> BoxFuture<'_, Result<AccountFace, TokenFault>> {
        self.sandbox.describe_account(account)
    }

    fn look_up(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Standing>, LookUpFault>> {
        if self.way.looks_up() {
            self.sandbox.look_up(key)
        } else {
            Box::pin(ready(Err(LookUpFault::NotSupported)))
        }
    }

    fn events(&self, after: EventCursor) -> BoxFuture<'_, Result<EventPage, Unreachable>> {
        self.sandbox.events(after)
    }
}
