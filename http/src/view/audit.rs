//! Views of the audit log, for operators.

use super::{Viewer, event};
use crate::{app_state::AppState, auth::Me, time::Time};
use campusg_actors::runtime::Act;
use campusg_domain::{
    id::{Stream, UserId},
    money::Cents,
    order::Role,
    owner::{
        directory::StoreEvent,
        inbox::Event as InboxEvent,
        schedule::Event as ScheduleEvent,
        wallet::{Event as WalletEvent, PLATFORM},
    },
    record::{Events, SystemEvent},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An action of an operator.
#[derive(Debug, Serialize)]
pub(crate) struct ActView {
    /// Sequence number of its record in the journal.
    seq: u64,
    at: Time,
    operator_id: UserId,
    action: &'static str,
    /// Null if the action takes no reason, or if the operator's account was erased.
    reason: Option<String>,
    target: TargetView,
    /// What the action changed.
    details: Value,
}

/// What the action was applied to.
#[derive(Debug, Serialize)]
struct TargetView {
    r#type: &'static str,
    /// Null if the action concerns the whole platform.
    id: Option<String>,
}

impl ActView {
    pub(crate) fn of(act: &Act, app: &AppState, me: &Me) -> Self {
        let record = &act.entry.record;
        Self {
            seq: act.entry.seq.0,
            at: record.at.into(),
            operator_id: act.operator,
            action: act.name,
            reason: act.reason.clone(),
            target: target(record.stream),
            details: details(act, app, me).unwrap_or_else(|| json!({})),
        }
    }
}

fn target(stream: Stream) -> TargetView {
    let (r#type, id) = match stream {
        Stream::Order(order) => ("order", Some(order.to_string())),
        Stream::User(user) | Stream::Inbox(user) => ("user", Some(user.to_string())),
        Stream::Store(store) => ("store", Some(store.to_string())),
        Stream::Schedule(schedule) => ("scheduled_event", Some(schedule.to_string())),
        Stream::Wallet(PLATFORM) | Stream::System => ("platform", None),
        Stream::Wallet(user) => ("user", Some(user.to_string())),
    };
    TargetView { r#type, id }
}

/// The contents of the record except free text; for an order its events, as operators see them.
fn details(act: &Act, app: &AppState, me: &Me) -> Option<Value> {
    let amount = |cents: Cents| json!({"amount_cents": cents.0, "currency": app.currency()});
    match &act.entry.record.events {
        Events::Order(events) => {
            let order = act.order.as_deref()?;
            let viewer = Viewer::new(app, me, order, Role::Operator);
            Some(json!({"events": event::bare(order, events, &viewer)}))
        }
        Events::Wallet(events) => events.iter().find_map(|event| match event {
            WalletEvent::WrittenOff { cents, .. }
            | WalletEvent::ToppedUp { cents, .. }
            | WalletEvent::Withdrawn { cents, .. } => Some(amount(*cents)),
            WalletEvent::SetOff { .. }
            | WalletEvent::PayoutRequested { .. }
            | WalletEvent::PayoutPaid { .. }
            | WalletEvent::PayoutFailed { .. }
            | WalletEvent::PayoutSentBack { .. }
            | WalletEvent::PayoutLate { .. }
            | WalletEvent::DebtPaymentRequested { .. }
            | WalletEvent::DebtPaid { .. }
            | WalletEvent::DebtPaymentFailed { .. }
            | WalletEvent::LateCharge { .. }
            | WalletEvent::ChargedBack { .. }
            | WalletEvent::ChargebackWon { .. }
            | WalletEvent::ChargebackLost { .. }
            | WalletEvent::CashShort { .. }
            | WalletEvent::CallDeferred { .. }
            | WalletEvent::CallRetried { .. }
            | WalletEvent::TimerFired { .. }
            | WalletEvent::OperatorRetried { .. }
            | WalletEvent::ChargeVoided { .. }
            | WalletEvent::ClockSetBack { .. } => None,
        }),
        Events::Store(events) => Some(store(events)),
        Events::Schedule(events) => events.iter().find_map(|event| match event {
            ScheduleEvent::Created {
                kind, order, due, ..
            } => {
                Some(json!({"event_type": kind, "entity_id": order, "scheduled_time": Time(*due)}))
            }
            ScheduleEvent::Processed { .. } | ScheduleEvent::Cancelled => None,
        }),
        Events::Inbox(events) => events.iter().find_map(|event| match event {
            InboxEvent::Sent { order, .. } => Some(json!({"order_id": order})),
            InboxEvent::Read { .. } | InboxEvent::Failed { .. } => None,
        }),
        Events::System(events) => events.iter().find_map(|event| match event {
            SystemEvent::ClockAccepted { from, to, .. } => {
                Some(json!({"from": Time(*from), "to": Time(*to)}))
            }
            SystemEvent::Booted { .. }
            | SystemEvent::ClockStepped { .. }
            | SystemEvent::ClockSettled
            | SystemEvent::SnapshotsDamaged { .. }
            | SystemEvent::SnapshotsWhole => None,
        }),
        Events::User(_) => None,
    }
}

fn store(events: &[StoreEvent]) -> Value {
    let mut members = Map::new();
    for event in events {
        match event {
            StoreEvent::Described { name, place } => {
                members.insert("name".into(), name.as_str().into());
                members.insert("place".into(), place.as_str().into());
            }
            StoreEvent::Paused { paused } => {
                members.insert("paused".into(), (*paused).into());
            }
            StoreEvent::HoursSet { .. } => {
                members.insert("hours".into(), "changed".into());
            }
        }
    }
    Value::Object(members)
}
