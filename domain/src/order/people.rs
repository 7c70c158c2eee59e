//! The people column: what an event changes about customer and runner.

use super::{
    event::{
        AfterEvent, ContactEvent, DisputeEvent, EndEvent, Event, PlacingEvent, ProposalEvent,
        RunEvent, Side, Unbinding,
    },
    stage::Proof,
    state::Order,
};
use crate::{
    id::{CommandId, Fingerprint, PhotoId},
    people::PeopleChange,
};

/// The changes to people that `event` makes.
pub(super) fn people(
    order: &Order,
    event: &Event,
    command: CommandId,
    fingerprint: Fingerprint,
) -> Vec<PeopleChange> {
    let customer = order.terms.customer;
    let runner = order.stage.assignment().map(|assignment| assignment.runner);
    match event {
        Event::Placing(PlacingEvent::Placed(_)) => vec![PeopleChange::OrderOpened {
            customer,
            command,
            fingerprint,
            order: order.id,
        }],
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
        event => shown(event)
            .iter()
            .map(|photo| PeopleChange::PhotoUsed {
                photo: *photo,
                order: order.id,
            })
            .collect(),
    }
}

/// The photos that an event refers to: from here on they are this order's, and no other's.
fn shown(event: &Event) -> &[PhotoId] {
    match event {
        Event::Run(RunEvent::Purchased { photo, .. })
        | Event::Contact(ContactEvent::ProblemReported { photo, .. }) => photo.as_slice(),
        Event::Proposal(ProposalEvent::Proposed { offer, .. }) => {
            std::slice::from_ref(&offer.photo)
        }
        Event::Run(RunEvent::Delivered {
            proof: Proof::Photo(photo),
        }) => std::slice::from_ref(photo),
        Event::Dispute(DisputeEvent::Disputed { photos, .. })
        | Event::Dispute(DisputeEvent::DisputeReplied { photos, .. }) => photos,
        _ => &[],
    }
}
