//! The name and data of each event, and who may see it.
//!
//! Invariant: every event of an order is handled here.
//! Must not: contain free text; the history adds it for those who may read it.

use crate::{
    time::Time,
    view::{
        Viewer,
        attachments::proposed,
        parts::{by, described, proof, settlement},
    },
};
use campusg_domain::{
    call::Decline,
    id::UserId,
    order::{
        AfterEvent, CallEvent, CancelWait, Closing, ContactEvent, DisputeEvent, EndEvent, Event,
        Number, Offer, OperatorEvent, Order, PlacingEvent, Problem, ProposalEvent, RaiseFailure,
        Release, Role, RunEvent, Settlement, TimerEvent,
    },
    people::Side,
};
use serde_json::{Map, Value, json};

/// An event's type, whether this reader may see it, and its data.
type Described = (&'static str, bool, Value);

/// Returns an event's type and data; `None` if the reader may not see it.
pub(super) fn describe(
    order: &Order,
    event: &Event,
    viewer: &Viewer,
) -> Option<(&'static str, Map<String, Value>)> {
    let (r#type, visible, data) = match event {
        Event::Placing(event) => placing(event, viewer.role),
        Event::Run(event) => run(event, viewer),
        Event::End(event) => ending(order, event, viewer.role),
        Event::Call(event) => call(event, viewer.role),
        Event::Timer(event) => timer(event, viewer.role),
        Event::Proposal(event) => proposal(order, event, viewer.role),
        Event::Contact(event) => contact(event, viewer.role),
        Event::Operator(event) => operator(event, viewer.role),
        Event::Dispute(event) => dispute(event, viewer.role),
        Event::After(event) => after(event, viewer.role),
        Event::Step { step, mark } => (
            "saga_step",
            true,
            json!({"saga": step.saga().name(), "step": step.name(), "state": mark}),
        ),
    };
    visible.then(|| (r#type, members(data)))
}

/// Whether this role may see events of the payment.
const fn sees_payment(role: Role) -> bool {
    matches!(role, Role::Customer | Role::Operator)
}

const fn is_runner(role: Role) -> bool {
    matches!(role, Role::Runner | Role::FormerRunner)
}

fn placing(event: &PlacingEvent, role: Role) -> Described {
    let money = sees_payment(role);
    match event {
        PlacingEvent::Placed(_) => ("placed", true, json!({})),
        PlacingEvent::ActionRequired { .. } => ("payment_action_required", money, json!({})),
        PlacingEvent::Authorized {
            cents,
            capture_before,
            ..
        } => (
            "payment_authorized",
            money,
            json!({"amount_cents": cents.0, "capture_before": Time(*capture_before)}),
        ),
        PlacingEvent::Declined { reason, .. } => {
            ("payment_declined", money, json!({"reason": reason.code()}))
        }
        PlacingEvent::Held { cents, .. } => {
            ("escrow_held", money, json!({"amount_cents": cents.0}))
        }
        PlacingEvent::Waiting { opens_at } => {
            ("waiting", true, json!({"opens_at": Time(*opens_at)}))
        }
        PlacingEvent::Available { accept_by } => {
            ("available", true, json!({"accept_by": Time(*accept_by)}))
        }
    }
}

fn run(event: &RunEvent, viewer: &Viewer) -> Described {
    match event {
        RunEvent::Accepted { runner, .. } => {
            ("accepted", true, person("runner_id", *runner, viewer))
        }
        RunEvent::Unbound { runner, cause, .. } => {
            let mut data = person("runner_id", *runner, viewer);
            data["cause"] = json!(cause);
            ("runner_unbound", true, data)
        }
        RunEvent::ArrivedOnSite => ("on_site", true, json!({})),
        RunEvent::Purchased { food, photo } => (
            "purchased",
            true,
            json!({"total_cents": food.0, "photo_id": photo}),
        ),
        RunEvent::Collected => ("collected", true, json!({})),
        RunEvent::Departed => ("on_the_way", true, json!({})),
        RunEvent::WrongPinShown { tries } => ("wrong_pin", true, json!({"tries": tries})),
        RunEvent::Delivered { proof: by } => {
            let (name, photo) = proof(by);
            ("delivered", true, json!({"proof": name, "photo_id": photo}))
        }
    }
}

fn ending(order: &Order, event: &EndEvent, role: Role) -> Described {
    match event {
        EndEvent::CancelWaiting(wait) => ("cancel_waiting", true, waiting(order, wait, role)),
        EndEvent::Released(release) => ("released", true, released(release, role)),
        EndEvent::ReleaseRefused { failures } => {
            ("release_delayed", true, json!({"failures": failures}))
        }
        EndEvent::Completed => ("completed", true, json!({})),
        EndEvent::Cancelled {
            reason,
            settlement: money,
            ..
        } => {
            let mut data = settled(money, role);
            data["cancel_reason"] = json!(reason);
            data["settlement"] = json!(settlement(money));
            ("cancelled", true, data)
        }
        EndEvent::Overdue { days } => ("overdue", role == Role::Operator, json!({"days": days})),
    }
}

/// Calls to the gateway: the customer sees those that moved money, operators see all.
fn call(event: &CallEvent, role: Role) -> Described {
    let (money, operator) = (sees_payment(role), role == Role::Operator);
    match event {
        CallEvent::Captured { cents, .. } => {
            ("payment_captured", money, json!({"amount_cents": cents.0}))
        }
        CallEvent::CollectFailed { reason, .. } => (
            "payment_collect_failed",
            money,
            json!({"reason": reason.map(Decline::code)}),
        ),
        CallEvent::Voided { .. } => ("authorization_let_go", money, json!({})),
        CallEvent::Refunded { cents, .. } => ("refunded", money, json!({"amount_cents": cents.0})),
        CallEvent::RefundKept { cents, .. } => (
            "refund_kept_in_wallet",
            money,
            json!({"amount_cents": cents.0}),
        ),
        CallEvent::AuthorizationLapsed { .. } => ("authorization_expired", money, json!({})),
        CallEvent::LateAuthorization { .. } => ("late_authorization_returned", money, json!({})),
        CallEvent::LateCharge { cents, .. } => (
            "late_charge_returned",
            money,
            json!({"amount_cents": cents.0}),
        ),
        CallEvent::CallDeferred { call, failures } => (
            "call_deferred",
            operator,
            json!({"call": call, "failures": failures}),
        ),
        CallEvent::CallRetried { call } => ("call_retried", operator, json!({"call": call})),
        CallEvent::CallGivenUp { call } => ("call_given_up", operator, json!({"call": call})),
    }
}

fn timer(event: &TimerEvent, role: Role) -> Described {
    let operator = role == Role::Operator;
    match event {
        TimerEvent::TimerFired { kind, generation } => (
            "timer_fired",
            operator,
            json!({"event_type": kind, "generation": generation}),
        ),
        TimerEvent::Reminded { kind, step } => {
            ("reminded", true, json!({"event_type": kind, "step": step}))
        }
        TimerEvent::ClockSetBack { ms } => ("clock_set_back", true, json!({"ms": ms})),
        TimerEvent::TimerNoted { kind } => ("timer_noted", operator, json!({"event_type": kind})),
    }
}

fn proposal(order: &Order, event: &ProposalEvent, role: Role) -> Described {
    let runner = is_runner(role);
    match event {
        ProposalEvent::Proposed { n, offer, .. } => ("proposed", true, offered(order, *n, offer)),
        ProposalEvent::RaiseAsked { n, cents, .. } => (
            "second_authorization_asked",
            !runner,
            json!({"n": n, "amount_cents": cents.0}),
        ),
        ProposalEvent::Raised {
            cents,
            capture_before,
            ..
        } => (
            "second_authorization_held",
            !runner,
            json!({"amount_cents": cents.0, "capture_before": Time(*capture_before)}),
        ),
        ProposalEvent::RaiseFailed { why, .. } => (
            "second_authorization_failed",
            !runner,
            json!({"reason": failed(*why)}),
        ),
        ProposalEvent::ProposalClosed { n, how } => ("proposal_closed", true, closed(*n, how)),
    }
}

fn contact(event: &ContactEvent, role: Role) -> Described {
    match event {
        ContactEvent::MessageSent { by, attempt, .. } => {
            ("message", true, json!({"from": by, "attempt": attempt}))
        }
        // Problems other than the customer's absence are reported to operators only.
        ContactEvent::ProblemReported { kind, photo, .. } => (
            "problem_reported",
            role != Role::Customer || *kind != Problem::Other,
            json!({"kind": kind, "photo_id": photo}),
        ),
        ContactEvent::NoShowAnswered => ("no_show_answered", true, json!({})),
        ContactEvent::NoShowOver => ("no_show_over", true, json!({})),
    }
}

fn operator(event: &OperatorEvent, role: Role) -> Described {
    match event {
        OperatorEvent::OperatorHeld { .. } => ("held", true, json!({})),
        OperatorEvent::OperatorReleased { .. } => ("unheld", true, json!({})),
        OperatorEvent::OperatorActed { action, .. } => (
            "operator_acted",
            role == Role::Operator,
            json!({"action": action}),
        ),
    }
}

fn dispute(event: &DisputeEvent, role: Role) -> Described {
    let (customer, runner) = (role == Role::Customer, is_runner(role));
    match event {
        DisputeEvent::Disputed {
            n,
            by,
            claim,
            photos,
            ..
        } => (
            "disputed",
            true,
            json!({"n": n, "claimant": by, "claim_cents": claim.0, "photo_ids": photos}),
        ),
        DisputeEvent::DisputeReplied { n, by, photos, .. } => (
            "dispute_replied",
            true,
            json!({"n": n, "from": by, "photo_ids": photos}),
        ),
        DisputeEvent::DisputeResolved {
            n,
            refund,
            at_fault,
        } => (
            "dispute_resolved",
            true,
            json!({"n": n, "refund_cents": refund.0, "at_fault": at_fault}),
        ),
        DisputeEvent::Frozen { cents, .. } => {
            ("frozen", !customer, json!({"amount_cents": cents.0}))
        }
        DisputeEvent::ClaimPaid {
            frozen,
            owed,
            goodwill,
        } => {
            let mut data = json!({"out_of_wallet_cents": frozen.0, "owed_cents": owed.0});
            if role == Role::Operator {
                data["goodwill_cents"] = json!(goodwill.0);
            }
            ("claim_paid", !customer, data)
        }
        DisputeEvent::GoodwillPaid { cents } => {
            ("goodwill_paid", !runner, json!({"amount_cents": cents.0}))
        }
        DisputeEvent::RunnerMadeGood { cents, set_off } => (
            "runner_made_good",
            !customer,
            json!({"amount_cents": cents.0, "set_off_cents": set_off.0}),
        ),
        DisputeEvent::CustomerSetOff { cents } => {
            ("set_off", !runner, json!({"amount_cents": cents.0}))
        }
    }
}

/// Tips and ratings. The stars are shown to whoever gave them and to operators; the other party learns only that they
/// exist.
fn after(event: &AfterEvent, role: Role) -> Described {
    let (customer, runner) = (role == Role::Customer, is_runner(role));
    match event {
        AfterEvent::TipGiven { cents, .. } => ("tip_given", !runner, json!({"tip_cents": cents.0})),
        AfterEvent::TipPaid { cents, set_off, .. } => {
            let mut data = json!({"tip_cents": cents.0});
            if !customer {
                data["set_off_cents"] = json!(set_off.0);
            }
            ("tip_paid", true, data)
        }
        AfterEvent::TipFailed { reason, .. } => {
            ("tip_failed", !runner, json!({"reason": reason.code()}))
        }
        AfterEvent::Rated { by, stars } => {
            let own = matches!(
                (by, role),
                (Side::Customer, Role::Customer) | (Side::Runner, Role::Runner)
            );
            let data = if own || role == Role::Operator {
                json!({"by": by, "stars": stars})
            } else {
                json!({"by": by})
            };
            ("rated", true, data)
        }
        AfterEvent::RatingsPublished => ("ratings_published", true, json!({})),
    }
}

fn members(data: Value) -> Map<String, Value> {
    match data {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// A runner's id, shown to the customer, operators, and the runner themself.
fn person(member: &str, user: UserId, viewer: &Viewer) -> Value {
    let known = matches!(viewer.role, Role::Customer | Role::Operator) || user == viewer.user;
    if known {
        json!({ member: user })
    } else {
        json!({})
    }
}

fn released(release: &Release, role: Role) -> Value {
    let charged = release.to_runner + release.to_platform + release.to_customer;
    match role {
        Role::Customer => {
            json!({"charged_cents": charged.0, "to_customer_cents": release.to_customer.0})
        }
        Role::Runner | Role::FormerRunner => {
            json!({"to_runner_cents": release.to_runner.0, "set_off_cents": release.set_off.0})
        }
        Role::Operator => json!({
            "to_runner_cents": release.to_runner.0, "to_platform_cents": release.to_platform.0,
            "to_customer_cents": release.to_customer.0, "set_off_cents": release.set_off.0,
        }),
        Role::Stranger | Role::System | Role::Gateway => json!({}),
    }
}

fn settled(settlement: &Settlement, role: Role) -> Value {
    match (settlement, role) {
        (Settlement::Release(release), role) => released(release, role),
        (Settlement::Trip { to_runner, .. }, Role::Customer) => {
            json!({"charged_cents": to_runner.0})
        }
        (Settlement::Trip { to_runner, set_off }, Role::Runner | Role::Operator) => {
            json!({"to_runner_cents": to_runner.0, "set_off_cents": set_off.0})
        }
        (Settlement::Free, Role::Customer) => json!({"charged_cents": 0}),
        (Settlement::Free | Settlement::Trip { .. }, _) => json!({}),
    }
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
        Role::Runner
        | Role::FormerRunner
        | Role::Operator
        | Role::System
        | Role::Gateway
        | Role::Stranger => "to_runner_cents",
    };
    data[member] = json!(wait.to_runner.0);
    data
}
