//! Events that lie over an order: proposals, waits, problems, holds, disputes, tips.
//!
//! Must not: show words; the history puts them in for those whom they concern.

use super::members;
use crate::{
    time::Time,
    view::{
        Viewer,
        attachments::proposed,
        parts::{by, described},
    },
};
use campusg_domain::{
    call::Decline,
    order::{
        AfterEvent, CancelWait, Closing, ContactEvent, DisputeEvent, EndEvent, Event, Number,
        Offer, OperatorEvent, Order, Problem, ProposalEvent, RaiseFailure, Role, TimerEvent,
    },
};
use serde_json::{Map, Value, json};

/// An event's type and data; `None` where the reader may not see it, or where it is of another kind.
pub(super) fn describe(
    order: &Order,
    event: &Event,
    viewer: &Viewer,
) -> Option<(&'static str, Map<String, Value>)> {
    let (customer, runner, operator) = (
        viewer.role == Role::Customer,
        matches!(viewer.role, Role::Runner | Role::FormerRunner),
        viewer.role == Role::Operator,
    );
    let (r#type, visible, data) = match event {
        Event::Proposal(ProposalEvent::Proposed { n, offer, .. }) => {
            ("proposed", true, offered(order, *n, offer))
        }
        Event::Proposal(ProposalEvent::RaiseAsked { n, cents, .. }) => (
            "second_authorization_asked",
            !runner,
            json!({"n": n, "amount_cents": cents.0}),
        ),
        Event::Proposal(ProposalEvent::Raised {
            cents,
            capture_before,
            ..
        }) => (
            "second_authorization_held",
            !runner,
            json!({"amount_cents": cents.0, "capture_before": Time(*capture_before)}),
        ),
        Event::Proposal(ProposalEvent::RaiseFailed { why, .. }) => (
            "second_authorization_failed",
            !runner,
            json!({"reason": failed(*why)}),
        ),
        Event::Proposal(ProposalEvent::ProposalClosed { n, how }) => {
            ("proposal_closed", true, closed(*n, how))
        }
        Event::End(EndEvent::CancelWaiting(wait)) => {
            ("cancel_waiting", true, waiting(order, wait, viewer.role))
        }
        Event::Contact(ContactEvent::MessageSent { by, attempt, .. }) => {
            ("message", true, json!({"from": by, "attempt": attempt}))
        }
        // Anything else that a runner reports is between him and the operators.
        Event::Contact(ContactEvent::ProblemReported { kind, photo, .. }) => (
            "problem_reported",
            !customer || *kind != Problem::Other,
            json!({"kind": kind, "photo_id": photo}),
        ),
        Event::Contact(ContactEvent::NoShowAnswered) => ("no_show_answered", true, json!({})),
        Event::Contact(ContactEvent::NoShowOver) => ("no_show_over", true, json!({})),
        Event::Operator(OperatorEvent::OperatorHeld { .. }) => ("held", true, json!({})),
        Event::Operator(OperatorEvent::OperatorReleased { .. }) => ("unheld", true, json!({})),
        Event::Timer(TimerEvent::TimerNoted { kind }) => {
            ("timer_noted", operator, json!({"event_type": kind}))
        }
        Event::Operator(OperatorEvent::OperatorActed { action, .. }) => {
            ("operator_acted", operator, json!({"action": action}))
        }
        other => return after(other, customer, runner, operator),
    };
    visible.then(|| (r#type, members(data)))
}

/// What a delivery, or the end of an order, still brings.
fn after(
    event: &Event,
    customer: bool,
    runner: bool,
    operator: bool,
) -> Option<(&'static str, Map<String, Value>)> {
    let (r#type, visible, data) = match event {
        Event::Dispute(DisputeEvent::Disputed {
            n,
            by,
            claim,
            photos,
            ..
        }) => (
            "disputed",
            true,
            json!({"n": n, "claimant": by, "claim_cents": claim.0, "photo_ids": photos}),
        ),
        Event::Dispute(DisputeEvent::DisputeReplied { n, by, photos, .. }) => (
            "dispute_replied",
            true,
            json!({"n": n, "from": by, "photo_ids": photos}),
        ),
        Event::Dispute(DisputeEvent::DisputeResolved {
            n,
            refund,
            at_fault,
        }) => (
            "dispute_resolved",
            true,
            json!({"n": n, "refund_cents": refund.0, "at_fault": at_fault}),
        ),
        Event::Dispute(DisputeEvent::Frozen { cents, .. }) => {
            ("frozen", !customer, json!({"amount_cents": cents.0}))
        }
        Event::Dispute(DisputeEvent::ClaimPaid {
            frozen,
            owed,
            goodwill,
        }) => {
            let mut data = json!({"out_of_wallet_cents": frozen.0, "owed_cents": owed.0});
            if operator {
                data["goodwill_cents"] = json!(goodwill.0);
            }
            ("claim_paid", !customer, data)
        }
        Event::Dispute(DisputeEvent::GoodwillPaid { cents }) => {
            ("goodwill_paid", !runner, json!({"amount_cents": cents.0}))
        }
        Event::Dispute(DisputeEvent::RunnerMadeGood { cents, set_off }) => (
            "runner_made_good",
            !customer,
            json!({"amount_cents": cents.0, "set_off_cents": set_off.0}),
        ),
        Event::Dispute(DisputeEvent::CustomerSetOff { cents }) => {
            ("set_off", !runner, json!({"amount_cents": cents.0}))
        }
        Event::After(AfterEvent::TipGiven { cents, .. }) => {
            ("tip_given", !runner, json!({"tip_cents": cents.0}))
        }
        Event::After(AfterEvent::TipPaid { cents, set_off, .. }) => {
            let mut data = json!({"tip_cents": cents.0});
            if !customer {
                data["set_off_cents"] = json!(set_off.0);
            }
            ("tip_paid", true, data)
        }
        Event::After(AfterEvent::TipFailed { reason, .. }) => {
            ("tip_failed", !runner, json!({"reason": reason.code()}))
        }
        _ => return None,
    };
    visible.then(|| (r#type, members(data)))
}

fn offered(order: &Order, n: Number, offer: &Offer) -> Value {
    json!({
        "n": n,
        "kind": offer.kind,
        "total_cents": offer.total.map(|total| total.0),
        "items": proposed(order, &offer.items),
        "photo_id": offer.photo,
    })
}

fn failed(why: RaiseFailure) -> &'static str {
    match why {
        RaiseFailure::Declined(reason) => Decline::code(reason),
        RaiseFailure::NotHeld => "not_held",
        RaiseFailure::GivenUp => "no_answer",
    }
}

fn closed(n: Number, how: &Closing) -> Value {
    match how {
        Closing::Approved => json!({"n": n, "outcome": "approved"}),
        Closing::Dropped { items } => json!({"n": n, "outcome": "dropped", "items": items}),
        Closing::OtherStore { store } => {
            json!({"n": n, "outcome": "other_store", "store": described(store)})
        }
        Closing::Withdrawn => json!({"n": n, "outcome": "withdrawn"}),
        Closing::RunnerLeft => json!({"n": n, "outcome": "runner_left"}),
    }
}

fn waiting(order: &Order, wait: &CancelWait, role: Role) -> Value {
    let mut data = json!({"cancel_reason": wait.reason, "asked_by": by(order, wait.by)});
    let member = match role {
        Role::Customer => "charge_cents",
        _ => "to_runner_cents",
    };
    data[member] = json!(wait.to_runner.0);
    data
}
