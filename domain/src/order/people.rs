//! The people column: what an event changes about customer, runner and photos, as the directory keeps it.

use super::{
    event::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, ProposalEvent, RunEvent, TimerEvent, Unbinding,
    },
    stage::Proof,
    state::Order,
};
use crate::{
    id::PhotoId,
    people::{PeopleChange, Side},
};

/// Returns the changes to people and photos that `event` makes.
pub(super) fn people(order: &Order, event: &Event) -> Vec<PeopleChange> {
    let mut changes = of_parties(order, event);
    changes.extend(shown(event).iter().map(|photo| PeopleChange::PhotoUsed {
        photo: *photo,
        order: order.id,
    }));
    changes
}

fn of_parties(order: &Order, event: &Event) -> Vec<PeopleChange> {
    let customer = order.terms.customer;
    let runner = order.stage.assignment().map(|assignment| assignment.runner);
    match event {
        Event::Placing(PlacingEvent::Placed(_)) => vec![PeopleChange::OrderOpened { customer }],
        Event::Run(RunEvent::Accepted { runner, .. }) => {
            vec![PeopleChange::SlotTaken { runner: *runner }]
        }
        Event::Run(RunEvent::Unbound { runner, cause, .. }) => {
            let mut changes = vec![PeopleChange::SlotFreed { runner: *runner }];
            if *cause == Unbinding::RunnerCancelled {
                changes.push(PeopleChange::RunnerCancelled { runner: *runner });
            }
            changes
        }
        Event::End(EndEvent::Completed) => {
            let mut changes = vec![PeopleChange::OrderClosed { customer }];
            if let Some(runner) = runner {
                changes.extend([
                    PeopleChange::SlotFreed { runner },
                    PeopleChange::RunCompleted { runner },
                ]);
            }
            changes
        }
        Event::Run(RunEvent::Delivered { proof }) if order.is_proven_by_runner_alone(*proof) => {
            let count = runner.map(|runner| PeopleChange::PhotoAfterWrongPins { runner });
            count.into_iter().collect()
        }
        Event::End(EndEvent::Cancelled { .. }) => {
            let freed = runner.map(|runner| PeopleChange::SlotFreed { runner });
            std::iter::once(PeopleChange::OrderClosed { customer })
                .chain(freed)
                .collect()
        }
        Event::After(AfterEvent::RatingsPublished) => {
            let of_runner = order.ratings.by_customer.zip(runner);
            let of_runner = of_runner.map(|(stars, user)| PeopleChange::Rated {
                user,
                by: Side::Customer,
                stars,
            });
            let of_customer = order.ratings.by_runner;
            let of_customer = of_customer.map(|stars| PeopleChange::Rated {
                user: customer,
                by: Side::Runner,
                stars,
            });
            of_runner.into_iter().chain(of_customer).collect()
        }
        Event::Placing(
            PlacingEvent::ActionRequired { .. }
            | PlacingEvent::Authorized { .. }
            | PlacingEvent::Declined { .. }
            | PlacingEvent::Held { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | Event::Run(
            RunEvent::ArrivedOnSite
            | RunEvent::Purchased { .. }
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::Released(_)
            | EndEvent::ReleaseRefused { .. }
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
            ProposalEvent::Proposed { .. }
            | ProposalEvent::RaiseAsked { .. }
            | ProposalEvent::Raised { .. }
            | ProposalEvent::RaiseFailed { .. }
            | ProposalEvent::ProposalClosed { .. },
        )
        | Event::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::ProblemReported { .. }
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
            | AfterEvent::Rated { .. },
        )
        | Event::Step { .. } => vec![],
    }
}

/// Returns the photos that an event refers to; from then on they belong to this order and can serve no other.
fn shown(event: &Event) -> &[PhotoId] {
    match event {
        Event::Run(RunEvent::Purchased { photo, .. })
        | Event::Contact(ContactEvent::ProblemReported { photo, .. }) => photo.as_slice(),
        Event::Proposal(ProposalEvent::Proposed { offer, .. }) => {
            std::slice::from_ref(&offer.photo)
        }
        Event::Run(RunEvent::Delivered { proof }) => match proof {
            Proof::Photo(photo) => std::slice::from_ref(photo),
            Proof::Pin | Proof::Confirmed => &[],
        },
        Event::Dispute(DisputeEvent::Disputed { photos, .. })
        | Event::Dispute(DisputeEvent::DisputeReplied { photos, .. }) => photos,
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
            DisputeEvent::Frozen { .. }
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
        | Event::Step { .. } => &[],
    }
}
