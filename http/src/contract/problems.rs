//! The problems that several operations share.

use crate::problem::Code;

/// What a command to an order may be refused with.
pub(super) const OF_COMMANDS: [Code; 32] = [
    Code::NotFound,
    Code::NotAllowed,
    Code::InvalidField,
    Code::Suspended,
    Code::OwnOrder,
    Code::NotARunner,
    Code::StorePaused,
    Code::StoreClosed,
    Code::TakenByAnotherRunner,
    Code::NotInThisStage,
    Code::TooLate,
    Code::TooEarly,
    Code::TooManyRuns,
    Code::HadTooOften,
    Code::OnHold,
    Code::ProposalOpen,
    Code::DisputeOpen,
    Code::MovesMoney,
    Code::NoWayBack,
    Code::ContactFirst,
    Code::TooManyMessages,
    Code::TooManyProposals,
    Code::QuoteChanged,
    Code::AboveApproved,
    Code::PhotoNeeded,
    Code::PhotoUsed,
    Code::WrongPin,
    Code::AlreadyRated,
    Code::TransferRefused,
    Code::AboveAvailable,
    Code::HoldRefused,
    Code::TimersFull,
];

/// What placing an order, or asking what it would cost, may be refused with.
pub(crate) const OF_PLACING: [Code; 9] = [
    Code::StillRunning,
    Code::Suspended,
    Code::NoPaymentMethod,
    Code::InDebt,
    Code::TooManyOpenOrders,
    Code::StorePaused,
    Code::StoreClosed,
    Code::HoldRefused,
    Code::TimersFull,
];
