//! Views of the audit log, for operators.

use super::{
    Viewer,
    event::{self, WhatView},
};
use crate::{app_state::AppState, auth::Me, time::Time, wire};
use campusg_actors::runtime::Act;
use campusg_domain::{
    id::{OrderId, Stream, UserId},
    money::Cents,
    order::Role,
    owner::{
        directory::StoreEvent,
        inbox::Event as InboxEvent,
        schedule::Event as ScheduleEvent,
        wallet::{Event as WalletEvent, PLATFORM},
    },
    record::{Events, SystemEvent},
    timer::TimerKind,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An action of an operator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActView {
    /// Sequence number of its record in the journal.
    seq: u64,
    at: Time,
    #[schema(value_type = wire::UserId)]
    operator_id: UserId,
    action: &'static str,
    /// Null if the action takes no reason, or if the operator's account was erased.
    reason: Option<String>,
    target: TargetView,
    /// What the action changed.
    details: DetailsView,
}

/// What an action changed. What does not belong to the action is absent.
#[derive(Debug, Default, Serialize, ToSchema)]
struct DetailsView {
    /// Of an action on an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<WhatView>>,
    /// Of a movement of money.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_cents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Of a store.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<bool>,
    /// `changed`, if they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<&'static str>,
    /// Of a scheduled event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::TimerKind>)]
    event_type: Option<TimerKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::OrderId>)]
    entity_id: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_time: Option<Time>,
    /// Of a notice; null if it is about no order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::OrderId>)]
    order_id: Option<Option<OrderId>>,
    /// Of a jump of the clock that was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Time>,
}

/// What the action was applied to.
#[derive(Debug, Serialize, ToSchema)]
struct TargetView {
    r#type: TargetName,
    /// Null if the action concerns the whole platform.
    id: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TargetName {
    Order,
    User,
    Store,
    ScheduledEvent,
    Platform,
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
            details: details(act, app, me),
        }
    }
}

fn target(stream: Stream) -> TargetView {
    let (r#type, id) = match stream {
        Stream::Order(order) => (TargetName::Order, Some(order.to_string())),
        Stream::User(user) | Stream::Inbox(user) => (TargetName::User, Some(user.to_string())),
        Stream::Store(store) => (TargetName::Store, Some(store.to_string())),
        Stream::Schedule(schedule) => (TargetName::ScheduledEvent, Some(schedule.to_string())),
        Stream::Wallet(PLATFORM) | Stream::System => (TargetName::Platform, None),
        Stream::Wallet(user) => (TargetName::User, Some(user.to_string())),
    };
    TargetView { r#type, id }
}

/// The contents of the record except free text; for an order its events, as operators see them.
fn details(act: &Act, app: &AppState, me: &Me) -> DetailsView {
    let none = DetailsView::default();
    match &act.entry.record.events {
        Events::Order(events) => DetailsView {
            events: act.order.as_deref().map(|order| {
                let viewer = Viewer::new(app, me, order, Role::Operator);
                event::bare(order, events, &viewer)
            }),
            ..none
        },
        Events::Wallet(events) => match events.iter().find_map(moved) {
            Some(cents) => DetailsView {
                amount_cents: Some(cents.0),
                currency: Some(app.currency().into()),
                ..none
            },
            None => none,
        },
        Events::Store(events) => store(events),
        Events::Schedule(events) => events.iter().find_map(scheduled).unwrap_or(none),
        Events::Inbox(events) => DetailsView {
            order_id: events.iter().find_map(|event| match event {
                InboxEvent::Sent { order, .. } => Some(*order),
                InboxEvent::Read { .. } | InboxEvent::Failed { .. } => None,
            }),
            ..none
        },
        Events::System(events) => events.iter().find_map(clock).unwrap_or(none),
        Events::User(_) => none,
    }
}

const fn moved(event: &WalletEvent) -> Option<Cents> {
    match event {
        WalletEvent::WrittenOff { cents, .. }
        | WalletEvent::ToppedUp { cents, .. }
        | WalletEvent::Withdrawn { cents, .. } => Some(*cents),
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
    }
}

fn scheduled(event: &ScheduleEvent) -> Option<DetailsView> {
    match event {
        ScheduleEvent::Created {
            kind, order, due, ..
        } => Some(DetailsView {
            event_type: Some(*kind),
            entity_id: Some(*order),
            scheduled_time: Some(Time(*due)),
            ..DetailsView::default()
        }),
        ScheduleEvent::Processed { .. } | ScheduleEvent::Cancelled => None,
    }
}

fn clock(event: &SystemEvent) -> Option<DetailsView> {
    match event {
        SystemEvent::ClockAccepted { from, to, .. } => Some(DetailsView {
            from: Some(Time(*from)),
            to: Some(Time(*to)),
            ..DetailsView::default()
        }),
        SystemEvent::Booted { .. }
        | SystemEvent::ClockStepped { .. }
        | SystemEvent::ClockSettled
        | SystemEvent::SnapshotsDamaged { .. }
        | SystemEvent::SnapshotsWhole => None,
    }
}

fn store(events: &[StoreEvent]) -> DetailsView {
    let mut details = DetailsView::default();
    for event in events {
        match event {
            StoreEvent::Described { name, place } => {
                (details.name, details.place) = (Some(name.clone()), Some(place.clone()));
            }
            StoreEvent::Paused { paused } => details.paused = Some(*paused),
            StoreEvent::HoursSet { .. } => details.hours = Some("changed"),
        }
    }
    details
}
