//! Votes: what a stream asks the owners before its command is decided.
//!
//! A vote is answered from memory, without I/O and without an ask in return. A yes to something scarce reserves it
//! under the asking command's id until that command's record is folded, or the asker gives it back.

use crate::{
    call::{AccountToken, CardToken},
    id::{CommandId, Fingerprint, OrderId, PhotoId, StoreId, UserId},
    money::Cents,
    owner::directory::PayoutMethod,
    rejection::Rejection,
    time::At,
};
use std::cell::RefCell;

/// A question to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteRequest {
    /// Directory: may this customer place an order, and with which card?
    Placement {
        /// Who orders.
        customer: UserId,
        /// The order it would become.
        order: OrderId,
        /// Hash of the placement's body.
        fingerprint: Fingerprint,
        /// Whether the caller gave an idempotency key, so that a repeat can come.
        keyed: bool,
        /// The known store, if it is one.
        store: Option<StoreId>,
        /// When it must be open: `deliver_after`, or now.
        open_at: At,
    },
    /// Directory: does this store take orders at that time?
    StoreOpen {
        /// Which.
        store: StoreId,
        /// When.
        at: At,
    },
    /// Escrow: may this much more be held for this order?
    Raise {
        /// The order.
        order: OrderId,
        /// How much more.
        cents: Cents,
    },
    /// Escrow: does this customer owe nothing?
    NoDebt {
        /// Who.
        user: UserId,
    },
    /// Escrow: may this much be held for this order?
    Hold {
        /// How much.
        cents: Cents,
    },
    /// Timer: is there room for this many more timers?
    Capacity {
        /// How many.
        timers: u32,
    },
    /// Directory: may this runner take one more order?
    RunnerSlot {
        /// Who.
        runner: UserId,
    },
    /// Directory: does this photo serve no other order?
    UsedOnce {
        /// The photo.
        photo: PhotoId,
        /// The order it is to serve.
        order: OrderId,
    },
    /// Escrow: may the order's escrow pay this much?
    Release {
        /// The order.
        order: OrderId,
        /// What leaves the escrow.
        cents: Cents,
    },
    /// Escrow: how much of what this user is to get pays his own debt?
    SetOff {
        /// Who gets it.
        user: UserId,
        /// How much he is to get.
        cents: Cents,
    },
    /// Directory: with which card does this person pay?
    Card {
        /// Who.
        user: UserId,
    },
    /// Directory: to which bank account is this person paid out?
    PayoutMethod {
        /// Who.
        user: UserId,
    },
    /// Escrow: may this much of what the user owes be paid now? Reserves it out of the debt.
    Debt {
        /// Who owes.
        user: UserId,
        /// How much; the whole debt where none is given.
        cents: Option<Cents>,
    },
    /// Escrow: may this much leave the user's wallet, once his own debt is paid out of it? Reserves both.
    PayOut {
        /// Whose wallet.
        user: UserId,
        /// How much leaves.
        cents: Cents,
    },
    /// Escrow: how much of this can be frozen in the user's wallet? Reserves it.
    Freeze {
        /// Whose wallet.
        user: UserId,
        /// How much is wanted.
        cents: Cents,
    },
    /// Escrow: how much cash is missing at the gateway once this much has left it? Never refuses.
    Cash {
        /// How much leaves.
        cents: Cents,
    },
    /// Escrow: may this much of the platform's losses be made good? Reserves it.
    Losses {
        /// How much.
        cents: Cents,
    },
    /// Escrow: may this much of the platform's fees be taken out? Reserves it.
    Fees {
        /// How much.
        cents: Cents,
    },
}

/// Which owner is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// People, stores, slots, used-once things.
    Directory,
    /// The ledger.
    Escrow,
    /// The timetable.
    Timer,
}

impl VoteRequest {
    /// The owner that answers.
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
    /// The yes of a rehearsal: in full, with no card or account of anybody's.
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

/// A yes, with what the asker needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// Just yes.
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

/// An owner's answer.
pub type Vote = Result<Granted, Rejection>;

/// What a decision asks the owners, and gets.
///
/// Owners live elsewhere, so they are asked before the decision is made: it is made twice. The first time is a
/// [rehearsal](Self::rehearse), in which every request is noted and granted; the second time counts.
#[derive(Clone, Debug)]
pub enum Votes {
    /// What the owners said.
    Cast(Vec<(VoteRequest, Vote)>),
    /// What a rehearsal has asked so far.
    Rehearsal(RefCell<Vec<VoteRequest>>),
}

impl Default for Votes {
    fn default() -> Self {
        Self::Cast(vec![])
    }
}

impl Votes {
    /// Returns what `decision` asks, in its order and each once, if every owner says yes.
    pub fn rehearse<T>(decision: impl FnOnce(&Self) -> T) -> Vec<VoteRequest> {
        let asked = Self::Rehearsal(RefCell::default());
        decision(&asked);
        match asked {
            Self::Rehearsal(requests) => requests.into_inner(),
            Self::Cast(_) => vec![],
        }
    }

    /// Returns the vote on `request`.
    ///
    /// # Errors
    /// The owner's rejection; `TransferRefused` if the rehearsal did not ask this, so that a missing vote is a no.
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
