//! Votes: what a stream asks of the owners before a command to it is decided.
//!
//! An owner votes from memory, without I/O and without asking anybody in return. A yes to something scarce reserves it
//! under the asking command's id until that command's record is folded, or the asker gives it back.

use crate::{
    call::{AccountToken, CardToken},
    id::{CommandId, OrderId, PhotoId, StoreId, UserId},
    money::Cents,
    owner::directory::PayoutMethod,
    rejection::Rejection,
    time::At,
};
use std::cell::RefCell;

/// A request for the vote of one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteRequest {
    /// May this customer place an order, and with which card? Asked of the directory; reserves a place for it.
    Placement {
        /// The customer who orders.
        customer: UserId,
        /// The store, if it is one that the campus knows.
        store: Option<StoreId>,
        /// When the store must be open: `deliver_after`, or now.
        open_at: At,
    },
    /// Does this store take orders at that time? Asked of the directory.
    StoreOpen {
        /// The store in question.
        store: StoreId,
        /// The time at which it must be open.
        at: At,
    },
    /// May this much more be held for this order? Asked of the escrow; reserves it.
    Raise {
        /// The order that already has a hold.
        order: OrderId,
        /// Further amount to hold, in cents.
        cents: Cents,
    },
    /// Does this customer owe nothing? Asked of the escrow.
    NoDebt {
        /// The customer in question.
        user: UserId,
    },
    /// May this much be held for a new order? Asked of the escrow; reserves it.
    Hold {
        /// Amount to hold, in cents.
        cents: Cents,
    },
    /// Is there room for this many more timers? Asked of the timer owner; reserves it.
    Capacity {
        /// Number of timers.
        timers: u32,
    },
    /// May this runner take one more order? Asked of the directory; reserves the slot.
    RunnerSlot {
        /// The runner who accepts.
        runner: UserId,
    },
    /// Does this photo serve no other order? Asked of the directory; reserves it.
    UsedOnce {
        /// The photo that a command refers to.
        photo: PhotoId,
        /// The order it is to serve.
        order: OrderId,
    },
    /// May the order's escrow pay this much? Asked of the escrow.
    Release {
        /// The order whose escrow pays.
        order: OrderId,
        /// Amount that leaves the escrow, in cents.
        cents: Cents,
    },
    /// How much of what this user is to get pays their own debt? Asked of the escrow; reserves that part.
    SetOff {
        /// The user who is to get it.
        user: UserId,
        /// Amount that they are to get, in cents.
        cents: Cents,
    },
    /// With which card does this person pay? Asked of the directory.
    Card {
        /// The person who pays.
        user: UserId,
    },
    /// To which bank account is this person paid out? Asked of the directory.
    PayoutMethod {
        /// The person who is paid.
        user: UserId,
    },
    /// May this much of what the user owes be paid now? Asked of the escrow; reserves it out of the debt.
    Debt {
        /// The user who owes.
        user: UserId,
        /// Amount in cents; the whole debt where none is given.
        cents: Option<Cents>,
    },
    /// May this much leave the user's wallet, once their own debt is paid out of it? Asked of the escrow; reserves both.
    PayOut {
        /// Owner of the wallet.
        user: UserId,
        /// Amount that leaves, in cents.
        cents: Cents,
    },
    /// How much of this can be frozen in the user's wallet? Asked of the escrow; reserves it.
    Freeze {
        /// Owner of the wallet.
        user: UserId,
        /// Amount that is wanted, in cents.
        cents: Cents,
    },
    /// How much cash is missing at the gateway once this much has left it? Asked of the escrow; never refused.
    Cash {
        /// Amount that leaves, in cents.
        cents: Cents,
    },
    /// May this much of the platform's losses be made good? Asked of the escrow; reserves it.
    Losses {
        /// Amount to put in, in cents.
        cents: Cents,
    },
    /// May this much of the platform's fees be taken out? Asked of the escrow; reserves it.
    Fees {
        /// Amount to take out, in cents.
        cents: Cents,
    },
}

/// An owner that gives votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Votes on accounts, stores, runner slots and single-use photos.
    Directory,
    /// Keeps the ledger, and votes on what moves towards an account's bound.
    Escrow,
    /// Keeps the timetable, and votes on room for timers.
    Timer,
}

impl VoteRequest {
    /// The owner that votes on this request.
    #[must_use]
    pub const fn owner(&self) -> Owner {
        match self {
            Self::Placement { .. }
            | Self::StoreOpen { .. }
            | Self::RunnerSlot { .. }
            | Self::UsedOnce { .. }
            | Self::Card { .. }
            | Self::PayoutMethod { .. } => Owner::Directory,
            Self::NoDebt { .. }
            | Self::Hold { .. }
            | Self::Raise { .. }
            | Self::Release { .. }
            | Self::SetOff { .. }
            | Self::Debt { .. }
            | Self::PayOut { .. }
            | Self::Freeze { .. }
            | Self::Cash { .. }
            | Self::Losses { .. }
            | Self::Fees { .. } => Owner::Escrow,
            Self::Capacity { .. } => Owner::Timer,
        }
    }
}

impl VoteRequest {
    /// The yes that a rehearsal gives: in full, with an empty card or bank account.
    fn granted(&self) -> Granted {
        match self {
            Self::StoreOpen { .. }
            | Self::Raise { .. }
            | Self::NoDebt { .. }
            | Self::Hold { .. }
            | Self::Capacity { .. }
            | Self::RunnerSlot { .. }
            | Self::UsedOnce { .. }
            | Self::Release { .. }
            | Self::Losses { .. }
            | Self::Fees { .. } => Granted::Granted,
            Self::Placement { .. } | Self::Card { .. } => Granted::Card(CardToken(String::new())),
            Self::SetOff { .. } | Self::PayOut { .. } => Granted::SetOff(Cents::ZERO),
            Self::PayoutMethod { .. } => Granted::PayoutMethod(PayoutMethod {
                token: AccountToken(String::new()),
                bank: String::new(),
                last4: String::new(),
            }),
            Self::Debt { cents, .. } => Granted::Owed(cents.unwrap_or_default()),
            Self::Freeze { cents, .. } => Granted::Frozen(*cents),
            Self::Cash { .. } => Granted::Short(Cents::ZERO),
        }
    }
}

/// A yes, with what the asker needs to know. Amounts are in cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// A yes without more to know.
    Granted,
    /// To `Placement` and `Card`: the card to ask.
    Card(CardToken),
    /// To `SetOff` and `PayOut`: how much pays the user's own debt.
    SetOff(Cents),
    /// To `PayoutMethod`: the bank account to pay.
    PayoutMethod(PayoutMethod),
    /// To `Debt`: how much of it may be paid.
    Owed(Cents),
    /// To `Freeze`: how much was free to be frozen.
    Frozen(Cents),
    /// To `Cash`: how much is missing at the gateway; nothing where there is enough.
    Short(Cents),
}

/// The vote of an owner: a yes, or its refusal.
pub type Vote = Result<Granted, Rejection>;

/// The votes that a decision uses.
///
/// A decision can't wait for the owners, so it is made twice. The first time is a [rehearsal](Self::rehearse), which notes
/// every request and grants it; then the owners are asked, and the second time, with their votes, counts.
#[derive(Clone, Debug)]
pub enum Votes {
    /// The requests, and the owners' votes on them.
    Cast(Vec<(VoteRequest, Vote)>),
    /// The requests that a rehearsal has made so far.
    Rehearsal(RefCell<Vec<VoteRequest>>),
}

impl Default for Votes {
    fn default() -> Self {
        Self::Cast(vec![])
    }
}

impl Votes {
    /// Returns the requests that `decision` makes if every owner says yes: in its order, and each once.
    pub fn rehearse<T>(decision: impl FnOnce(&Self) -> T) -> Vec<VoteRequest> {
        let asked = Self::Rehearsal(RefCell::default());
        decision(&asked);
        match asked {
            Self::Rehearsal(requests) => requests.into_inner(),
            Self::Cast(_) => vec![],
        }
    }

    /// Returns the part of a credit that pays the debt of the user it goes to, in cents; 0 without a vote, since a debt can
    /// wait.
    #[must_use]
    pub fn set_off(&self, user: UserId, cents: Cents) -> Cents {
        if !cents.is_positive() {
            return Cents::ZERO;
        }
        match self.ask(VoteRequest::SetOff { user, cents }) {
            Ok(Granted::SetOff(debt)) => debt.min(cents),
            Ok(_) | Err(_) => Cents::ZERO,
        }
    }

    /// Returns the vote on `request`.
    ///
    /// # Errors
    /// The owner's rejection; `TransferRefused` if the rehearsal did not make this request, so that a missing vote is a no.
    pub fn ask(&self, request: VoteRequest) -> Vote {
        match self {
            Self::Cast(votes) => votes
                .iter()
                .find(|(asked, _)| *asked == request)
                .map_or(Err(Rejection::TransferRefused), |(_, vote)| vote.clone()),
            Self::Rehearsal(requests) => {
                let mut requests = requests.borrow_mut();
                if !requests.contains(&request) {
                    requests.push(request);
                }
                Ok(request.granted())
            }
        }
    }
}

/// The token under which an owner reserves: the asking command's id.
pub type Token = CommandId;
