//! The history of an order: what happened, and of it what the reader may see now.
//!
//! Invariant: a runner sees nothing of the payment but his own earnings; a former runner only what they did, and what
//! was done to them. Messages are told of, and read where they were written; whatever else people say in their own words
//! stands in the event, to those for whom it is.

mod over;

use super::{
    Viewer,
    parts::{by, proof, settlement},
    saga::name,
};
use crate::time::Time;
use campusg_actors::runtime::{FreeText, SealedFreeText};
use campusg_domain::{
    id::UserId,
    order::{
        AfterEvent, CallEvent, EndEvent, Event, Order, PlacingEvent, Release, Role, RunEvent,
        Settlement, Side, TimerEvent,
    },
    record::{Entry, Events, Record},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One event.
#[derive(Debug, Serialize)]
pub(crate) struct EventView {
    /// The order's version after the record it stands in.
    version: u32,
    at: Time,
    by: &'static str,
    r#type: &'static str,
    data: Map<String, Value>,
}

/// The history that a reader may see, with words that are still sealed.
#[derive(Debug, Default)]
pub(crate) struct History {
    views: Vec<EventView>,
    sealed: Vec<SealedFreeText>,
    // Invariant: as long as `sealed`; where in `views` each of them stands.
    places: Vec<usize>,
}

impl History {
    /// The words in it, to be opened.
    pub(crate) fn sealed(&self) -> Vec<SealedFreeText> {
        self.sealed.clone()
    }

    /// The history, with what was opened of [`sealed`](Self::sealed) in its place; null where it can't be opened any more.
    pub(crate) fn opened(mut self, texts: Vec<Option<String>>) -> Vec<EventView> {
        for ((place, words), text) in self.places.iter().zip(&self.sealed).zip(texts) {
            let field = words.wording.field().to_owned();
            self.views[*place].data.insert(field, text.into());
        }
        self.views
    }

    fn push(&mut self, view: EventView, words: Option<SealedFreeText>) {
        if let Some(words) = words {
            self.places.push(self.views.len());
            self.sealed.push(words);
        }
        self.views.push(view);
    }
}

/// The history that this reader may see. `order` is the order as it is now; `entries` are records of it with the
/// versions that they made.
pub(crate) fn history(order: &Order, entries: &[(u32, Entry)], viewer: &Viewer) -> History {
    let mut history = History::default();
    for (version, entry) in entries {
        of_record(&mut history, order, &entry.record, *version, viewer);
    }
    history
}

fn of_record(history: &mut History, order: &Order, record: &Record, version: u32, viewer: &Viewer) {
    let Events::Order(events) = &record.events else {
        return;
    };
    let own = record.principal.user() == Some(viewer.user);
    let seen = events
        .iter()
        .filter(|event| viewer.role != Role::FormerRunner || own || concerns(event, viewer.user));
    for event in seen {
        let Some((r#type, data)) = describe(order, event, viewer) else {
            continue;
        };
        let view = EventView {
            version,
            at: record.at.into(),
            by: by(order, record.principal),
            r#type,
            data,
        };
        let words = SealedFreeText::of(record.principal, event);
        history.push(
            view,
            words.filter(|words| reads(viewer, words.wording, own)),
        );
    }
}

/// Whether words in a history are for this reader. A runner's notes are for the customer and operators, and not for the
/// next runner; operators' reasons are for operators.
fn reads(viewer: &Viewer, wording: FreeText, own: bool) -> bool {
    let operator = viewer.role == Role::Operator;
    match wording {
        FreeText::Message => false,
        FreeText::Note => own || operator || viewer.role == Role::Customer,
        FreeText::Reason => operator,
        FreeText::Claim | FreeText::Reply => {
            own || operator || matches!(viewer.role, Role::Customer | Role::Runner)
        }
    }
}

/// Whether an event was done by or to this runner.
fn concerns(event: &Event, user: UserId) -> bool {
    matches!(event, Event::Run(RunEvent::Accepted { runner, .. }) | Event::Run(RunEvent::Unbound { runner, .. }) if *runner == user)
}

/// An event's type and data; `None` where the reader may not see it.
fn describe(
    order: &Order,
    event: &Event,
    viewer: &Viewer,
) -> Option<(&'static str, Map<String, Value>)> {
    let money = matches!(viewer.role, Role::Customer | Role::Operator);
    let shown = |r#type, data: Value| Some((r#type, members(data)));
    let of_payment = |r#type, data: Value| money.then(|| (r#type, members(data)));
    match event {
        Event::Placing(PlacingEvent::Placed(_)) => shown("placed", json!({})),
        Event::Placing(PlacingEvent::ActionRequired { .. }) => {
            of_payment("payment_action_required", json!({}))
        }
        Event::Placing(PlacingEvent::Authorized {
            cents,
            capture_before,
            ..
        }) => of_payment(
            "payment_authorized",
            json!({"amount_cents": cents.0, "capture_before": Time(*capture_before)}),
        ),
        Event::Placing(PlacingEvent::Declined { reason, .. }) => {
            of_payment("payment_declined", json!({"reason": reason.code()}))
        }
        Event::Placing(PlacingEvent::Held { cents, .. }) => {
            of_payment("escrow_held", json!({"amount_cents": cents.0}))
        }
        Event::Placing(PlacingEvent::Waiting { opens_at }) => {
            shown("waiting", json!({"opens_at": Time(*opens_at)}))
        }
        Event::Placing(PlacingEvent::Available { accept_by }) => {
            shown("available", json!({"accept_by": Time(*accept_by)}))
        }
        Event::Run(RunEvent::Accepted { runner, .. }) => {
            shown("accepted", person("runner_id", *runner, viewer))
        }
        Event::Run(RunEvent::Unbound { runner, cause, .. }) => {
            let mut data = person("runner_id", *runner, viewer);
            data["cause"] = json!(cause);
            shown("runner_unbound", data)
        }
        Event::Run(RunEvent::ArrivedOnSite) => shown("on_site", json!({})),
        Event::Run(RunEvent::Purchased { food, photo }) => shown(
            "purchased",
            json!({"total_cents": food.0, "photo_id": photo}),
        ),
        Event::Run(RunEvent::Collected) => shown("collected", json!({})),
        Event::Run(RunEvent::Departed) => shown("on_the_way", json!({})),
        Event::Run(RunEvent::WrongPinShown { tries }) => {
            shown("wrong_pin", json!({"tries": tries}))
        }
        Event::Run(RunEvent::Delivered { proof: by }) => {
            let (name, photo) = proof(by);
            shown("delivered", json!({"proof": name, "photo_id": photo}))
        }
        Event::End(EndEvent::Released(release)) => {
            shown("released", released(release, viewer.role))
        }
        Event::End(EndEvent::ReleaseRefused { failures }) => {
            shown("release_delayed", json!({"failures": failures}))
        }
        Event::End(EndEvent::Completed) => shown("completed", json!({})),
        Event::End(EndEvent::Cancelled {
            reason,
            settlement: money,
            ..
        }) => {
            let mut data = settled(money, viewer.role);
            data["cancel_reason"] = json!(reason);
            data["settlement"] = json!(settlement(money));
            shown("cancelled", data)
        }
        Event::After(AfterEvent::Rated { by, stars }) => rated(*by, *stars, viewer),
        Event::After(AfterEvent::RatingsPublished) => shown("ratings_published", json!({})),
        Event::Timer(TimerEvent::Reminded { kind, step }) => {
            shown("reminded", json!({"event_type": kind, "step": step}))
        }
        Event::Step { saga, step, mark } => shown(
            "saga_step",
            json!({"saga": saga.plan().name, "step": name(*saga, *step), "state": mark}),
        ),
        event => over::describe(order, event, viewer)
            .or_else(|| of_effect(event, viewer.role == Role::Operator, money)),
    }
}

/// A record's events as this operator sees them, without words and without the steps of sagas.
pub(crate) fn bare(order: &Order, events: &[Event], viewer: &Viewer) -> Vec<Value> {
    let told = events
        .iter()
        .filter(|event| !matches!(event, Event::Step { .. }));
    let told = told.filter_map(|event| describe(order, event, viewer));
    told.map(|(r#type, data)| json!({"type": r#type, "data": data}))
        .collect()
}

/// Effects at the gateway and ticks of timers: the customer sees those that moved money, operators all.
fn of_effect(
    event: &Event,
    operator: bool,
    money: bool,
) -> Option<(&'static str, Map<String, Value>)> {
    let (r#type, visible, data) = match event {
        Event::Call(CallEvent::Captured { cents, .. }) => {
            ("payment_captured", money, json!({"amount_cents": cents.0}))
        }
        Event::Call(CallEvent::CollectFailed { reason, .. }) => (
            "payment_collect_failed",
            money,
            json!({"reason": reason.map(campusg_domain::call::Decline::code)}),
        ),
        Event::Call(CallEvent::Voided { .. }) => ("authorization_let_go", money, json!({})),
        Event::Call(CallEvent::Refunded { cents, .. }) => {
            ("refunded", money, json!({"amount_cents": cents.0}))
        }
        Event::Call(CallEvent::RefundKept { cents, .. }) => (
            "refund_kept_in_wallet",
            money,
            json!({"amount_cents": cents.0}),
        ),
        Event::Call(CallEvent::AuthorizationLapsed { .. }) => {
            ("authorization_expired", money, json!({}))
        }
        Event::Call(CallEvent::LateAuthorization { .. }) => {
            ("late_authorization_returned", money, json!({}))
        }
        Event::Call(CallEvent::LateCharge { cents, .. }) => (
            "late_charge_returned",
            money,
            json!({"amount_cents": cents.0}),
        ),
        Event::Call(CallEvent::CallDeferred { call, failures }) => (
            "call_rested",
            operator,
            json!({"call": call, "failures": failures}),
        ),
        Event::Call(CallEvent::CallRetried { call }) => {
            ("call_retried", operator, json!({"call": call}))
        }
        Event::Call(CallEvent::CallGivenUp { call }) => {
            ("call_given_up", operator, json!({"call": call}))
        }
        Event::Timer(TimerEvent::TimerFired { kind, generation }) => (
            "timer_fired",
            operator,
            json!({"event_type": kind, "generation": generation}),
        ),
        Event::End(EndEvent::Overdue { days }) => ("overdue", operator, json!({"days": days})),
        _ => return None,
    };
    visible.then(|| (r#type, members(data)))
}

fn members(data: Value) -> Map<String, Value> {
    match data {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A runner by id: to the customer, operators, and the runner themself.
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

/// A rating: its stars to who gave it and operators; to the other side only that there is one.
fn rated(by: Side, stars: u8, viewer: &Viewer) -> Option<(&'static str, Map<String, Value>)> {
    let own = matches!(
        (by, viewer.role),
        (Side::Customer, Role::Customer) | (Side::Runner, Role::Runner)
    );
    let data = if own || viewer.role == Role::Operator {
        json!({"by": by, "stars": stars})
    } else {
        json!({"by": by})
    };
    Some(("rated", members(data)))
}
