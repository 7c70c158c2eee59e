//! The commands that a caller could give now, as the API lists them in `allowed_transitions`.
//!
//! They are derived from the decisions: each command is decided with fitting arguments, every owner granting its votes, and
//! is listed if it would take effect.

use super::{
    super::{
        attachments::{Fault, Number, Offer, ProposalKind},
        command::{Command, Ending, Shown},
        event::Problem,
        role::Role,
        state::Order,
        terms::StoreRef,
    },
    Context, Decider, verdict,
};
use crate::{
    id::{CommandId, PhotoId, Principal, UserId},
    money::Cents,
    policy::Policy,
    stream::Meta,
    text::Sealed,
    time::At,
    vote::Votes,
};
use std::cell::RefCell;

/// A user who has no part in any order.
const STRANGER: UserId = UserId::from_bytes([0; 16]);
/// An operator who is a party of no order.
const OPERATOR: UserId = UserId::from_bytes([1; 16]);
/// The PIN of every order while a decision is rehearsed.
const REHEARSED_PIN: u16 = 0;
/// A photo id that no upload has.
const PHOTO: PhotoId = PhotoId::from_bytes([0; 16]);

/// Returns the names of the commands that would take effect if a caller in this role gave them at `now`, in alphabetical
/// order.
#[must_use]
pub fn allowed(order: &Order, role: Role, policy: &Policy, now: At) -> Vec<&'static str> {
    let (principal, theirs) = match (role, order.stage.assignment()) {
        (Role::Customer, _) => (Principal::User(order.terms.customer), of_customers(order)),
        (Role::Runner, Some(bound)) => (Principal::User(bound.runner), of_runners(order)),
        (Role::FormerRunner | Role::Stranger, _) => (Principal::User(STRANGER), of_runners(order)),
        (Role::Operator, _) => (Principal::Operator(OPERATOR), of_operators(order.disputes)),
        (Role::Runner, None) | (Role::System | Role::Gateway, _) => return vec![],
    };
    let meta = Meta::own(principal, CommandId(0), "rehearsal");
    let context = Context {
        meta: &meta,
        now,
        policy,
        votes: &Votes::Rehearsal(RefCell::default()),
        pin: REHEARSED_PIN,
    };
    let decider = Decider {
        order,
        context: &context,
        role,
    };
    let mut names: Vec<&str> = theirs
        .iter()
        .chain(&of_all(order.disputes))
        .filter(|command| command.who().contains(&role) && takes_effect(&decider, command))
        .map(Command::name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether `command` would leave a record, if every owner says yes.
fn takes_effect(decider: &Decider<'_>, command: &Command) -> bool {
    decider.decide(command).is_ok_and(|events| {
        !events.is_empty() && verdict(&events, decider.context.policy).is_none()
    })
}

/// A text that is not empty.
fn text() -> Sealed {
    Sealed(vec![0])
}

/// The commands of customers, with arguments that fit the order's state.
fn of_customers(order: &Order) -> Vec<Command> {
    let proposal = order.proposals;
    let listed = 0..u16::try_from(order.terms.items.len()).unwrap_or(u16::MAX);
    let left = listed
        .into_iter()
        .find(|item| !order.dropped.contains(item));
    vec![
        Command::Cancel {
            accept_charge: Cents::MAX_INPUT,
        },
        Command::Approve { proposal },
        Command::DropItems {
            proposal,
            items: left.into_iter().collect(),
        },
        Command::OtherStore {
            proposal,
            store: StoreRef::Described {
                name: "store".into(),
                place: "place".into(),
            },
        },
        Command::Reject { proposal },
        Command::AnswerNoShow,
        Command::Tip {
            cents: order.terms.price.least_charge.max(Cents(1)),
        },
    ]
}

/// The commands of runners, with arguments that fit the order's state.
fn of_runners(order: &Order) -> Vec<Command> {
    let proposal = order.proposals;
    let report = |kind| Command::ReportProblem {
        kind,
        photo: Some(PHOTO),
        note: None,
    };
    vec![
        Command::Accept { runner: STRANGER },
        Command::CancelAcceptance,
        Command::ArriveOnSite,
        Command::Propose {
            offer: Offer {
                kind: ProposalKind::StoreClosed,
                total: None,
                items: vec![],
                photo: PHOTO,
            },
            note: None,
        },
        Command::Withdraw { proposal },
        Command::Purchase {
            total: order.approved_total,
            photo: Some(PHOTO),
        },
        Command::Collect,
        Command::Depart,
        Command::Deliver {
            shown: Shown::Pin(REHEARSED_PIN),
        },
        Command::Deliver {
            shown: Shown::Photo(PHOTO),
        },
        report(Problem::CustomerUnreachable),
        report(Problem::Returned),
        report(Problem::Other),
    ]
}

/// The commands of operators, with arguments that fit in any state.
fn of_operators(dispute: Number) -> Vec<Command> {
    vec![
        Command::Reassign { reason: text() },
        Command::Hold { reason: text() },
        Command::Unhold { reason: text() },
        Command::Abandon { reason: text() },
        Command::Settle {
            ending: Ending::ToCustomer,
            reason: text(),
        },
        Command::Resolve {
            dispute,
            refund: Cents::ZERO,
            at_fault: Fault::Platform,
            reason: text(),
        },
        Command::Refund {
            cents: Cents(1),
            reason: text(),
        },
        Command::RetryStalled { reason: text() },
        Command::SkipStalled { reason: text() },
        Command::CompensateStalled { reason: text() },
    ]
}

/// The commands that more than one role may give.
fn of_all(dispute: Number) -> [Command; 5] {
    [
        Command::Confirm,
        Command::Message { text: text() },
        Command::Dispute {
            claim: None,
            reason: text(),
            photos: vec![],
        },
        Command::Reply {
            dispute,
            text: text(),
            photos: vec![],
        },
        Command::Rate { stars: 5 },
    ]
}
