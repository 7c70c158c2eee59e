//! What robots need of a campus: to look, to act, to be told, and to let time pass.
//!
//! The one port of the simulation, with two adapters: a campus in this process, and a running server.
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

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// A rule said no; its stable code.
    Refused(Cow<'static, str>),
    /// The campus is not as specified, or can't be reached: the day ends here.
    Fault(Deviation),
}

impl From<Deviation> for WorldError {
    fn from(deviation: Deviation) -> Self {
        Self::Fault(deviation)
    }
}

/// What a robot gets for what it asks.
pub type Answer<T> = Result<T, WorldError>;

/// Somebody was told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Who.
    pub to: Audience,
    /// About which order, if it is about one.
    pub about: Option<OrderId>,
    /// What.
    pub kind: NoticeKind,
}

/// What a runner asks the customer to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Number of the proposal.
    pub n: Number,
    /// What it is about.
    pub kind: ProposalKind,
    /// Places on the shopping list that it is about.
    pub items: Vec<u16>,
}

/// A claim that nobody has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Number of the dispute.
    pub n: Number,
    /// Who claims.
    pub by: Party,
    /// How much.
    pub claim: Cents,
}

/// An order, as a robot sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Its id.
    pub id: OrderId,
    /// Who ordered.
    pub customer: UserId,
    /// Who runs, or ran.
    pub runner: Option<UserId>,
    /// Where it stands.
    pub status: Status,
    /// Whether a runner may take it.
    pub on_board: bool,
    /// Why it was cancelled.
    pub reason: Option<CancelReason>,
    /// What the food is expected to cost.
    pub estimate: Cents,
    /// Most the food may cost now.
    pub approved: Cents,
    /// Tip.
    pub tip: Cents,
    /// How the food changes hands.
    pub handover: Handover,
    /// What is still to be bought: place on the list, and what to do when it is not there.
    pub items: Vec<(u16, Substitution)>,
    /// How many proposals there were.
    pub proposals: Number,
    /// The open one.
    pub asked: Option<Asked>,
    /// Whether a cancellation waits for the till.
    pub cancel_waits: bool,
    /// Whether the runner waits for a customer who can't be reached, and whether the wait is over.
    pub no_show: Option<bool>,
    /// Whether an operator holds it.
    pub held: bool,
    /// What was charged and has not come back.
    pub refundable: Cents,
    /// What was charged in all, or will be.
    pub charged: Cents,
    /// The open claim.
    pub claimed: Option<Claimed>,
}

impl OrderView {
    /// Whether the food is bought and not handed over.
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
    /// Its id.
    pub order: OrderId,
    /// What its runner gets beside the food: fee and tip.
    pub reward: Cents,
}

/// Somebody's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletBalance {
    /// What can be taken out; of the platform: its fees.
    pub available: Cents,
    /// What is owed; of the platform: its losses.
    pub debt: Cents,
}

/// What happens to a campus from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The gateway answers nobody for so long.
    Outage {
        /// Milliseconds.
        for_ms: u64,
    },
    /// The bank lets go of what it blocks for an order.
    BankLetsGo(OrderId),
    /// An owner refuses the next question of this kind.
    OwnerRefuses(AskKind),
    /// The bank takes the charge for an order back, or decides on that.
    Chargeback(OrderId, wallet::ChargebackStage),
}

/// Who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Orders, with a card that behaves so.
    Student(Behaviour),
    /// Runs, with a bank account that behaves so.
    Runner(Bank),
    /// Operates the platform.
    Operator,
}

/// A campus that robots live on.
pub trait World {
    /// What its clock shows.
    fn now(&self) -> At;

    /// How long after the last order could be placed it is worth waiting for everything to end, in milliseconds.
    fn patience_ms(&self) -> u64;

    /// Lets time pass until `end`, or until somebody is told something before; whether somebody was.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn pass_until(&mut self, end: At) -> Answer<bool>;

    /// What people were told since this was asked last, in order.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn news(&mut self) -> Answer<Vec<News>>;

    /// Whether nothing follows by itself any more, as far as can be seen.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn is_at_rest(&mut self) -> Answer<bool>;

    /// Somebody comes to the campus.
    ///
    /// # Errors
    /// As registration, card and bank account are refused.
    fn join(&mut self, part: Part) -> Answer<UserId>;

    /// A store opens; where it is known already, its id is given.
    ///
    /// # Errors
    /// As an operator is refused.
    fn open_store(&mut self, name: &str, hours: Option<Hours>) -> Answer<StoreId>;

    /// A store takes no orders, or takes them again.
    ///
    /// # Errors
    /// As an operator is refused.
    fn pause_store(&mut self, store: StoreId, paused: bool) -> Answer<()>;

    /// A student orders.
    ///
    /// # Errors
    /// The rules of transition 1.
    fn place(&mut self, wish: Placement) -> Answer<OrderId>;

    /// Somebody gives an order a command.
    ///
    /// # Errors
    /// The rules of the command's row.
    fn act(&mut self, who: Principal, order: OrderId, command: Command) -> Answer<()>;

    /// Somebody gives a wallet a command.
    ///
    /// # Errors
    /// The rules of transitions 41–44.
    fn wallet(&mut self, who: Principal, of: UserId, command: wallet::Command) -> Answer<()>;

    /// A student puts another card on file.
    ///
    /// # Errors
    /// As the card is refused.
    fn new_card(&mut self, student: UserId, card: Behaviour) -> Answer<()>;

    /// A student answers the bank.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn answer_bank(&mut self, order: OrderId, yes: bool) -> Answer<()>;

    /// Looks at an order.
    ///
    /// # Errors
    /// `not_found`.
    fn order_view(&mut self, order: OrderId) -> Answer<OrderView>;

    /// What a runner sees on the board, oldest first.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn board(&mut self, runner: UserId) -> Answer<Vec<OnBoard>>;

    /// Looks into a wallet.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn wallet_balance(&mut self, of: UserId) -> Answer<WalletBalance>;

    /// What cancelling costs the customer now; `None` where it can't be cancelled.
    ///
    /// # Errors
    /// `not_found`.
    fn cancel_price(&mut self, order: OrderId) -> Answer<Option<Cents>>;

    /// A photo that serves nothing yet.
    ///
    /// # Errors
    /// As an upload is refused.
    fn photo(&mut self, by: UserId) -> Answer<PhotoId>;

    /// The PIN that the customer was told.
    ///
    /// # Errors
    /// As the question is refused.
    fn pin(&mut self, order: OrderId) -> Answer<u16>;

    /// Something happens from outside; `false` where nobody here can make it happen.
    ///
    /// # Errors
    /// [`WorldError::Fault`].
    fn happens(&mut self, what: Outside) -> Answer<bool>;
}
