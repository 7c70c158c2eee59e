//! The receipt of an order for one side: its lines, the transfers that make them, and the photos.

use super::statement::{Line, statement};
use crate::{
    id::{OrderId, PhotoId, Stream, UserId},
    money::{Account, Phase, Transfer, TransferId},
    order::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, Proof, ProposalEvent, RunEvent, TimerEvent,
    },
    record::{Entry, Events},
    time::At,
};
use serde::{Deserialize, Serialize};

/// An order's receipt for one of its parties, made of the order's records alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What the order did to wallet and debt, line by line, oldest first.
    pub lines: Vec<Line>,
    /// The transfers that happened on the user's accounts, oldest first.
    pub transfers: Vec<(TransferId, At, Transfer)>,
    /// The photos taken on the way, oldest first; not those of a dispute.
    pub photos: Vec<(PhotoId, Shows)>,
}

/// What a photo of an order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The shop's receipt.
    Receipt,
    /// What the runner proposed something for: an empty shelf, a price, a closed door.
    Proposal,
    /// What went wrong at the door, or that the food came back.
    Problem,
    /// Where the food was left.
    Door,
}

/// The receipt of `order` for `user`. Takes the order's records in their order, from the first; others are passed over.
#[must_use]
pub fn receipt(user: UserId, order: OrderId, entries: &[Entry]) -> Receipt {
    let own: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.record.stream == Stream::Order(order))
        .collect();
    Receipt {
        lines: statement(user, order, own.iter().copied()),
        transfers: own.iter().flat_map(|entry| moved(user, entry)).collect(),
        photos: own.iter().flat_map(|entry| photos(entry)).collect(),
    }
}

/// The transfers of this record that happened on the user's accounts.
fn moved(user: UserId, Entry { seq, record }: &Entry) -> Vec<(TransferId, At, Transfer)> {
    let mine =
        |account| matches!(account, Account::Payable(of) | Account::Receivable(of) if of == user);
    let happened = |transfer: &Transfer| {
        matches!(transfer.phase, Phase::Posted | Phase::Post { .. })
            && (mine(transfer.debit) || mine(transfer.credit))
    };
    let named = TransferId::of(*seq, &record.money);
    named
        .filter(|(_, transfer)| happened(transfer))
        .map(|(id, transfer)| (id, record.at, transfer))
        .collect()
}

fn photos(entry: &Entry) -> Vec<(PhotoId, Shows)> {
    let Events::Order(events) = &entry.record.events else {
        return vec![];
    };
    let shown = |event: &Event| match event {
        Event::Run(RunEvent::Purchased { photo, .. }) => photo.map(|photo| (photo, Shows::Receipt)),
        Event::Proposal(ProposalEvent::Proposed { offer, .. }) => {
            Some((offer.photo, Shows::Proposal))
        }
        Event::Contact(ContactEvent::ProblemReported { photo, .. }) => {
            photo.map(|photo| (photo, Shows::Problem))
        }
        Event::Run(RunEvent::Delivered { proof }) => match proof {
            Proof::Photo(photo) => Some((*photo, Shows::Door)),
            Proof::Pin | Proof::Confirmed => None,
        },
        Event::Placing(
            PlacingEvent::Placed(_)
            | PlacingEvent::ActionRequired { .. }
            | PlacingEvent::Authorized { .. }
            | PlacingEvent::Declined { .. }
            | PlacingEvent::Held { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | Event::Run(
            RunEvent::Accepted { .. }
            | RunEvent::Unbound { .. }
            | RunEvent::ArrivedOnSite
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::Released(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
            | EndEvent::Cancelled { .. }
            | EndEvent::Overdue { .. },
        )
        | Event::Call(
            CallEvent::Captured { .. }
            | CallEvent::CollectFailed { .. }
            | CallEvent::Voided { .. }
            | CallEvent::Refunded { .. }
            | CallEvent::RefundKept { .. }
            | CallEvent::CallDeferred { .. }
            | CallEvent::CallRetried { .. }
            | CallEvent::CallGivenUp { .. }
            | CallEvent::LateAuthorization { .. }
            | CallEvent::LateCharge { .. }
            | CallEvent::AuthorizationLapsed { .. },
        )
        | Event::Timer(
            TimerEvent::TimerFired { .. }
            | TimerEvent::Reminded { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. },
        )
        | Event::Proposal(
            ProposalEvent::RaiseAsked { .. }
            | ProposalEvent::Raised { .. }
            | ProposalEvent::RaiseFailed { .. }
            | ProposalEvent::ProposalClosed { .. },
        )
        | Event::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::NoShowAnswered
            | ContactEvent::NoShowOver,
        )
        | Event::Operator(
            OperatorEvent::OperatorHeld { .. }
            | OperatorEvent::OperatorReleased { .. }
            | OperatorEvent::OperatorActed { .. },
        )
        | Event::Dispute(
            DisputeEvent::Disputed { .. }
            | DisputeEvent::Frozen { .. }
            | DisputeEvent::DisputeReplied { .. }
            | DisputeEvent::DisputeResolved { .. }
            | DisputeEvent::ClaimPaid { .. }
            | DisputeEvent::GoodwillPaid { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. },
        )
        | Event::After(
            AfterEvent::TipGiven { .. }
            | AfterEvent::TipPaid { .. }
            | AfterEvent::TipFailed { .. }
            | AfterEvent::Rated { .. }
            | AfterEvent::RatingsPublished,
        )
        | Event::Step { .. } => None,
    };
    events.iter().filter_map(shown).collect()
}
