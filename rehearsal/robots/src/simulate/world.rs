//! The port between robots and the campus they live on: looking, acting, notices, and time that passes.
//!
//! It has two adapters: a simulation in this process, and a running server.
//! Must not: decide what a robot does.

use campusg_client::Deviation;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, StoreId, UserId},
    money::Cents,
    notice::{Audience, NoticeKind},
    order::{
        CancelReason, Command, Handover, Number, Party, Placement, ProposalKind, Status,
        Substitution,
    },
    owner::{directory::Hours, wallet},
    time::At,
};
use campusg_simulation::{AskKind, Bank, Behaviour};
use std::borrow::Cow;

/// Why the campus did not do what a robot asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// A rule refused it; the stable code of the refusal.
    Refused(Cow<'static, str>),
    /// The campus is not as specified, or can't be reached; this ends the day.
    Fault(Deviation),
}

impl From<Deviation> for WorldError {
    fn from(deviation: Deviation) -> Self {
        Self::Fault(deviation)
    }
}

/// The result of what a robot asks for.
pub type Answer<T> = Result<T, WorldError>;

/// A notice to a user or to the operators, as a robot hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// The receiver.
    pub to: Audience,
    /// The order that it is about; `None` if it is about a wallet or the platform.
    pub about: Option<OrderId>,
    /// The kind of notice.
    pub kind: NoticeKind,
}

/// A runner's proposal that waits for the customer's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Number of the proposal within the order.
    pub n: Number,
    /// What the customer has to decide.
    pub kind: ProposalKind,
    /// Indices in the shopping list, from 0, of the items that it is about.
    pub items: Vec<u16>,
}

/// An open dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Number of the dispute within the order.
    pub n: Number,
    /// The party that opened it.
    pub by: Party,
    /// The amount claimed, in cents.
    pub claim: Cents,
}

/// An order, as a robot sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Id of the order.
    pub id: OrderId,
    /// The customer's account.
    pub customer: UserId,
    /// The bound runner's account, also after the end; `None` if the order has none.
    pub runner: Option<UserId>,
    /// Status of the order.
    pub status: Status,
    /// Whether the order is on the board, so that a runner may accept it.
    pub on_board: bool,
    /// Why the order was cancelled; `None` unless it was.
    pub reason: Option<CancelReason>,
    /// Cost of the food by the customer's estimate, in cents.
    pub estimate: Cents,
    /// The most that the food may cost without asking the customer again, in cents.
    pub approved: Cents,
    /// Tip given with the order, in cents.
    pub tip: Cents,
    /// Whether the food is handed over against a PIN or left at the door.
    pub handover: Handover,
    /// When the order is wanted; `None` for an order for now.
    pub deliver_after: Option<At>,
    /// The items that are still wanted: index in the shopping list, and what to do if the item can't be bought.
    pub items: Vec<(u16, Substitution)>,
    /// Number of proposals so far; on a server, the number of the open one, or 0.
    pub proposals: Number,
    /// The proposal that waits for a decision; `None` if there is none.
    pub asked: Option<Asked>,
    /// Whether a cancellation waits for the runner at the till to answer.
    pub cancel_waits: bool,
    /// `None` unless the runner waits at the door for a customer who can't be reached; then whether the wait is over.
    pub no_show: Option<bool>,
    /// Whether an operator has put the order on hold.
    pub held: bool,
    /// The part of the charge that has not been refunded, in cents.
    pub refundable: Cents,
    /// The charge so far, in cents; 0 before there is one.
    pub charged: Cents,
    /// The open dispute; `None` if there is none.
    pub claimed: Option<Claimed>,
}

impl OrderView {
    /// Whether the food is bought and not yet handed over.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(
            self.status,
            Status::Purchased | Status::Collected | Status::OnTheWay
        )
    }
}

/// An order on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnBoard {
    /// Id of the order.
    pub order: OrderId,
    /// Delivery fee and tip in cents: what the runner gets beside the cost of the food.
    pub reward: Cents,
}

/// The money of a user, or of the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletBalance {
    /// Cents that can be taken out: of a user's wallet, or of the platform's earned fees.
    pub available: Cents,
    /// Cents that the user owes, or the platform's losses that are not covered yet.
    pub debt: Cents,
}

/// Trouble that comes from outside of the robots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The gateway answers no call for some time.
    Outage {
        /// Duration in milliseconds.
        for_ms: u64,
    },
    /// The bank lets go of this order's authorisation before it runs out.
    BankLetsGo(OrderId),
    /// An owner refuses the next vote request of this kind.
    OwnerRefuses(AskKind),
    /// The bank takes back the charge of this order, or decides about that; the stage says which.
    Chargeback(OrderId, wallet::ChargebackStage),
}

/// The part that a new user plays on the campus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A customer, with a card of this behaviour.
    Student(Behaviour),
    /// A runner, with a bank account of this behaviour.
    Runner(Bank),
    /// An operator.
    Operator,
}

/// A campus on which robots live.
pub trait World {
    /// The time by which the robots live.
    fn now(&self) -> At;

    /// Longest wait, in milliseconds, from when students stop ordering until everything has ended.
    fn patience_ms(&self) -> u64;

    /// Lets time pass until `end` at most. Returns `true` if it stopped before, since there may be news.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn pass_until(&mut self, end: At) -> Answer<bool>;

    /// The notices since the last call of this method, in order.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn news(&mut self) -> Answer<Vec<News>>;

    /// Whether nothing more is known to happen unless a robot acts.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn is_at_rest(&mut self) -> Answer<bool>;

    /// Registers a user, with card or bank account, and returns their id.
    ///
    /// # Errors
    /// If registration, card or bank account is refused.
    fn join(&mut self, part: Part) -> Answer<UserId>;

    /// Adds a store to the operators' directory and returns its id; on a server, a store of that name is used again.
    ///
    /// # Errors
    /// If it is refused, or there is no operator.
    fn open_store(&mut self, name: &str, hours: Option<Hours>) -> Answer<StoreId>;

    /// Lets a store take no orders, or take them again.
    ///
    /// # Errors
    /// If it is refused, or there is no operator.
    fn pause_store(&mut self, store: StoreId, paused: bool) -> Answer<()>;

    /// Places a student's order and returns its id.
    ///
    /// # Errors
    /// If a rule of transition 1 refuses it.
    fn place(&mut self, wish: Placement) -> Answer<OrderId>;

    /// Gives an order a command as this user.
    ///
    /// # Errors
    /// If a rule of the command's transition refuses it, or a server has no route for it.
    fn act(&mut self, who: Principal, order: OrderId, command: Command) -> Answer<()>;

    /// Gives a wallet a command as this user.
    ///
    /// # Errors
    /// If a rule of transitions 41–44 refuses it, or a server has no route for it.
    fn wallet(&mut self, who: Principal, of: UserId, command: wallet::Command) -> Answer<()>;

    /// Stores another card of this behaviour for a student.
    ///
    /// # Errors
    /// If the card is refused.
    fn new_card(&mut self, student: UserId, card: Behaviour) -> Answer<()>;

    /// Answers the bank in the customer's place: whether they confirm the payment of this order.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn answer_bank(&mut self, order: OrderId, yes: bool) -> Answer<()>;

    /// An order as robots see it.
    ///
    /// # Errors
    /// `not_found` if there is no such order.
    fn order_view(&mut self, order: OrderId) -> Answer<OrderView>;

    /// The orders on the board that this runner may accept.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn board(&mut self, runner: UserId) -> Answer<Vec<OnBoard>>;

    /// The money of a user, or of the platform.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn wallet_balance(&mut self, of: UserId) -> Answer<WalletBalance>;

    /// What the customer would be charged for cancelling now, in cents; `None` if they can't cancel.
    ///
    /// # Errors
    /// `not_found` if there is no such order.
    fn cancel_price(&mut self, order: OrderId) -> Answer<Option<Cents>>;

    /// Uploads a photo and returns its id.
    ///
    /// # Errors
    /// If the upload is refused.
    fn photo(&mut self, by: UserId) -> Answer<PhotoId>;

    /// The PIN of an order, which its customer tells the runner: 0 to 9999.
    ///
    /// # Errors
    /// If it is not shown to the customer.
    fn pin(&mut self, order: OrderId) -> Answer<u16>;

    /// Lets trouble from outside happen; `false` if this campus can't make it happen, or it would change nothing.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn happens(&mut self, what: Outside) -> Answer<bool>;
}
