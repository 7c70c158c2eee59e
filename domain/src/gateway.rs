//! The payment gateway as the product sees it: calls under deterministic keys, and events for what it decided later.
//!
//! A port: words and a trait, no I/O. Whoever moves money for real, and whoever only rehearses it, implements
//! [`PaymentGateway`]; see `docs/decisions/` for why it stands here.
//! Must not: retry, time out or count failures (its users do), know an order's rules, or know any one gateway.
//! Invariants: asking again under the same key does nothing twice; no answer is [`Unanswered`], never a guess.

pub use crate::call::MethodKind;
use crate::{
    call::{AccountToken, Answer, CallKind, CallNumber, CardToken, Decline},
    id::{Stream, UserId},
    money::Cents,
    owner::wallet::ChargebackStage,
};
use serde::{Deserialize, Serialize};
use std::{fmt, pin::Pin, str::FromStr, sync::Arc};

/// What a gateway's method returns: whoever waits for it decides how long.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Name of one call for the gateway, as `order:{id}/capture/3`: made of stream, purpose and number, so the same call
/// has the same key after any crash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallKey(Arc<str>);

impl CallKey {
    /// The key of call `n` of a stream.
    #[must_use]
    pub fn of(stream: Stream, kind: CallKind, n: CallNumber) -> Self {
        Self::made_of(stream, kind.purpose(), n)
    }

    /// The key of payout `n` of a stream.
    #[must_use]
    pub fn of_payout(stream: Stream, n: CallNumber) -> Self {
        Self::made_of(stream, "payout", n)
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stream's part of the key: all before the first `/`.
    #[must_use]
    pub fn stream(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The key of a person's setup of a card or of a bank account, as `user:{id}/setup/card/3`: `n` is its number among
    /// their choices.
    #[must_use]
    pub fn of_setup(person: UserId, kind: MethodKind, n: u32) -> Self {
        let kind = match kind {
            MethodKind::Card => "card",
            MethodKind::BankAccount => "bank_account",
        };
        Self(format!("{}/setup/{kind}/{n}", Stream::User(person)).into())
    }

    fn made_of(stream: Stream, purpose: &str, n: CallNumber) -> Self {
        Self(format!("{stream}/{purpose}/{n}").into())
    }
}

impl From<&str> for CallKey {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the gateway is asked, with the calls it refers to named by their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Block the amount on the card.
    Authorize {
        /// The gateway's token of the customer's card.
        card: CardToken,
        /// Amount to block, in cents.
        cents: Cents,
    },
    /// Charge the amount from an authorisation; its rest is let go.
    Capture {
        /// Key of the authorising call.
        authorization: CallKey,
        /// Amount to charge, in cents.
        cents: Cents,
    },
    /// Let go of an authorisation or a charge, also of one that has not arrived yet; answered `Captured` where money was
    /// taken already, which this does not give back.
    Void {
        /// Key of the authorising or charging call.
        authorization: CallKey,
    },
    /// Send back captured money.
    Refund {
        /// Key of the capturing or charging call.
        capture: CallKey,
        /// Amount to send back, in cents.
        cents: Cents,
    },
    /// Block and charge the amount at once.
    Charge {
        /// The gateway's token of the card.
        card: CardToken,
        /// Amount to charge, in cents.
        cents: Cents,
    },
}

/// One call, ready to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The key under which the gateway knows it; the same for every try.
    pub key: CallKey,
    /// What the gateway is asked to do.
    pub operation: Operation,
}

impl Request {
    /// Call `n` of a stream, with the numbers it refers to turned into keys: `calls` says what the stream's calls ask.
    /// Only an authorisation and a charge use the card. `None` for a payout, which is a [`Payout`], and for a call that
    /// refers to one that was never made.
    #[must_use]
    pub fn resolve(
        stream: Stream,
        n: CallNumber,
        kind: CallKind,
        card: &CardToken,
        calls: impl Fn(CallNumber) -> Option<CallKind>,
    ) -> Option<Self> {
        let named = |n| Some(CallKey::of(stream, calls(n)?, n));
        let operation = match kind {
            CallKind::Authorize { cents } => Operation::Authorize {
                card: card.clone(),
                cents,
            },
            CallKind::Capture {
                authorization,
                cents,
            } => Operation::Capture {
                authorization: named(authorization)?,
                cents,
            },
            CallKind::Void { authorization } => Operation::Void {
                authorization: named(authorization)?,
            },
            CallKind::Refund { capture, cents } => Operation::Refund {
                capture: named(capture)?,
                cents,
            },
            CallKind::Charge { cents } => Operation::Charge {
                card: card.clone(),
                cents,
            },
            CallKind::PayOut { .. } => return None,
        };
        Some(Self {
            key: CallKey::of(stream, kind, n),
            operation,
        })
    }
}

/// Money to a person's bank account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    /// The key under which the gateway knows it; the same for every try.
    pub key: CallKey,
    /// The gateway's token of the bank account.
    pub account: AccountToken,
    /// Amount to send, in cents.
    pub cents: Cents,
}

/// What a missing answer speaks of: nobody else's calls are held back for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nothing came in time, which does not say whether the gateway or the card is the reason.
    Unknown,
    /// The gateway was not reached, or says itself that it can't work.
    Gateway,
    /// The gateway answers, but reaches no card of this brand.
    Brand(String),
    /// The gateway answers, but can't reach the bank of this card, or of this bank account.
    Card,
    /// Only this call: calls of other orders with the same card may be answered.
    Order,
}

/// One try was not answered, or answered "later": whether it happened is unknown; ask again under the same key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the payment gateway did not answer the call")]
pub struct Unanswered(pub Subject);

/// What the gateway said to a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutAnswer {
    /// The money is on its way.
    PaidOut {
        /// Amount that was sent, in cents.
        cents: Cents,
    },
    /// The gateway refuses for good.
    Declined {
        /// The gateway's reason.
        reason: Decline,
    },
    /// Whether it happened is unknown; ask again under the same key.
    Unavailable,
}

impl From<PayoutAnswer> for Answer {
    fn from(answer: PayoutAnswer) -> Self {
        match answer {
            PayoutAnswer::PaidOut { cents } => Self::PaidOut { cents },
            PayoutAnswer::Declined { reason } => Self::Declined { reason },
            PayoutAnswer::Unavailable => Self::Unavailable,
        }
    }
}

/// What a person entered on the gateway's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A card.
    Card(CardToken),
    /// A bank account.
    BankAccount(AccountToken),
}

impl Method {
    /// Whether it is a card, which pays, or a bank account, which is paid.
    #[must_use]
    pub const fn kind(&self) -> MethodKind {
        match self {
            Self::Card(_) => MethodKind::Card,
            Self::BankAccount(_) => MethodKind::BankAccount,
        }
    }
}

/// What may be shown of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFace {
    /// Brand in lower case, such as `visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month in which it expires, 1–12.
    pub exp_month: u8,
    /// Year in which it expires, four digits.
    pub exp_year: u16,
}

/// What may be shown of a bank account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFace {
    /// Name of the bank.
    pub bank: String,
    /// Last four digits.
    pub last4: String,
}

/// Why a card or an account could not be described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The gateway knows no such token.
    #[error("the payment gateway does not know this token")]
    Unknown,
    /// The gateway did not answer.
    #[error("the payment gateway does not answer")]
    Unavailable,
}

/// The gateway did not answer: what it knows is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment gateway does not answer")]
pub struct Unreachable;

/// Why a call could not be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpFault {
    /// This gateway can't be asked: its events are believed as they come.
    #[error("the payment gateway can't be asked what it knows of a call")]
    NotSupported,
    /// It can be asked, and did not answer.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Longest id of an event and longest cursor, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// A text is no id of an event, or no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_NAME_BYTES} visible ASCII characters")]
pub struct NoName;

fn named(text: &str) -> Result<Arc<str>, NoName> {
    let fits = (1..=MAX_NAME_BYTES).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.into())
    } else {
        Err(NoName)
    }
}

/// The gateway's name of an event, chosen by it: the same for every delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EventId(Arc<str>);

impl EventId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventId {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        named(text).map(Self)
    }
}

impl TryFrom<String> for EventId {
    type Error = NoName;

    fn try_from(text: String) -> Result<Self, NoName> {
        text.parse()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in the gateway's sequence of events, in words of its own; `None` is before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Option<String>")]
pub struct EventCursor(Option<Arc<str>>);

impl EventCursor {
    /// The place as text, if it is not before the first event.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl FromStr for EventCursor {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        named(text).map(|place| Self(Some(place)))
    }
}

impl TryFrom<Option<String>> for EventCursor {
    type Error = NoName;

    fn try_from(text: Option<String>) -> Result<Self, NoName> {
        text.map_or(Ok(Self::default()), |text| text.parse())
    }
}

/// A charge that the customer's bank took back from the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chargeback {
    /// The gateway's id of it, the same at every stage.
    pub id: String,
    /// Amount that was taken back, in cents.
    pub cents: Cents,
    /// Fee of the bank in cents, charged whoever is right; 0 allowed.
    pub fee: Cents,
    /// Whether the bank has decided it, and for whom.
    pub stage: ChargebackStage,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum News {
    /// The answer to the call that holds from now on.
    Answer(Answer),
    /// The call's charge was taken back, or the bank decided whether it stays so.
    Chargeback(Chargeback),
    /// What a person entered on the gateway's page; the key is that of the setup.
    Method(Method),
}

/// Something the gateway decided after it had answered, or without being asked.
///
/// It says what was so when it was written: whoever acts on it asks what is so now, with
/// [`PaymentGateway::look_up`], where the gateway offers that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayEvent {
    /// The gateway's id of it; the same for every delivery of this event.
    pub id: EventId,
    /// Key of the call that it is about, or of the setup.
    pub key: CallKey,
    /// What the gateway decided.
    pub news: News,
}

/// What the gateway knows of one call now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The answer that a repeat of the call would get now; [`Answer::Unavailable`] while it is not decided.
    pub answer: Answer,
    /// Whether its charge was taken back, and the stage of that.
    pub chargeback: Option<Chargeback>,
}

impl Standing {
    /// What an event tells of its call; `None` where it is about no call.
    #[must_use]
    pub fn told(news: &News) -> Option<Self> {
        match news {
            News::Answer(answer) => Some(Self {
                answer: answer.clone(),
                chargeback: None,
            }),
            News::Chargeback(chargeback) => Some(Self {
                answer: Answer::Unavailable,
                chargeback: Some(chargeback.clone()),
            }),
            News::Method(_) => None,
        }
    }
}

/// A page of the events after a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events, in no promised order; any of them may come again.
    pub events: Vec<GatewayEvent>,
    /// The cursor to go on with; equal to the one asked with when there is nothing more.
    pub next: EventCursor,
}

/// The payment gateway.
pub trait PaymentGateway: Send + Sync {
    /// What keeps the gateway from working, as far as this process can see it without asking; `None` if nothing does.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Makes one try of one call. A future's `Err` says what it speaks of, as narrowly as the gateway tells.
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unanswered>>;

    /// Makes one try of a payout; as [`call`](Self::call).
    fn pay_out(&self, payout: Payout) -> BoxFuture<'_, Result<PayoutAnswer, Unanswered>>;

    /// Starts the entry of a card or of a bank account on the gateway's own page, and gives the page's address: a URL, or
    /// a path of the server in front of it. From there the person goes on to `return_url`, and an event under `key`,
    /// which is of [`CallKey::of_setup`], tells what was entered.
    fn begin_setup(
        &self,
        key: CallKey,
        kind: MethodKind,
        return_url: String,
    ) -> BoxFuture<'_, Result<String, Unreachable>>;

    /// Describes a card; a future's `Err` is [`TokenFault`].
    fn describe_card(&self, card: CardToken) -> BoxFuture<'_, Result<CardFace, TokenFault>>;

    /// Describes a bank account; a future's `Err` is [`TokenFault`].
    fn describe_account(
        &self,
        account: AccountToken,
    ) -> BoxFuture<'_, Result<AccountFace, TokenFault>>;

    /// Says what is known of a call now, `None` where nothing is; a future's `Err` says nothing about it.
    ///
    /// Need not be offered. A gateway without it tells the events of one call in the order in which they happened.
    fn look_up(&self, _key: CallKey) -> BoxFuture<'_, Result<Option<Standing>, LookUpFault>> {
        Box::pin(std::future::ready(Err(LookUpFault::NotSupported)))
    }

    /// Gives events after a cursor; a future's `Err` says nothing about whether there are any.
    fn events(&self, after: EventCursor) -> BoxFuture<'_, Result<EventPage, Unreachable>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_about_a_call_tells_how_it_stands_and_one_about_a_method_nothing() {
        let chargeback = Chargeback {
            id: "cb_1".into(),
            cents: Cents(100),
            fee: Cents(15),
            stage: ChargebackStage::Open,
        };
        let answer = Answer::Captured { cents: Cents(100) };
        let answered = Standing {
            answer: answer.clone(),
            chargeback: None,
        };
        let taken_back = Standing {
            answer: Answer::Unavailable,
            chargeback: Some(chargeback.clone()),
        };
        let account = Method::BankAccount(AccountToken("pays".into()));
        for (news, standing) in [
            (News::Answer(answer), Some(answered)),
            (News::Chargeback(chargeback), Some(taken_back)),
            (News::Method(account), None),
        ] {
            assert_eq!(Standing::told(&news), standing);
        }
    }
}
