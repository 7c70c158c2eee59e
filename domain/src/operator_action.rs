//! What operators did, as the records themselves tell it: the names of the audit log.
//!
//! Must not: know the words of a reason; they are sealed. An operator who is a party of an order acts as the party, and
//! what operators do with their own account and inbox is nobody else's business: neither has a name here.

use crate::{
    id::{Principal, UserId},
    order::{DisputeEvent, EndEvent, Event as OrderEvent, OperatorEvent, Order, Party},
    owner::{
        directory::{StoreEvent, UserEvent},
        inbox::Event as InboxEvent,
        timetable::Event as ScheduleEvent,
        wallet::Event as WalletEvent,
    },
    record::{Events, Record},
};

/// The name of what an operator did, lower snake case; `None` where no operator acted as one. `order` is the record's
/// order, as it is now or was then.
#[must_use]
pub fn name(record: &Record, order: Option<&Order>) -> Option<&'static str> {
    let Principal::Operator(operator) = record.principal else {
        return None;
    };
    match &record.events {
        Events::Order(events) => events
            .iter()
            .find_map(with_order)
            .or_else(|| confirmed(events, operator, order)),
        Events::User(events) => events.iter().find_map(with_user),
        Events::Store(events) => events.first().map(|event| match event {
            StoreEvent::Described { .. } if record.prev.0 == 0 => "create_store",
            StoreEvent::Described { .. }
            | StoreEvent::Paused { .. }
            | StoreEvent::HoursSet { .. } => "change_store",
        }),
        Events::Inbox(events) => events.iter().find_map(|event| match event {
            InboxEvent::Sent { .. } => Some("send_notice"),
            InboxEvent::Read { .. } | InboxEvent::Failed { .. } => None,
        }),
        Events::Schedule(events) => events.iter().find_map(|event| match event {
            ScheduleEvent::Created { .. } => Some("schedule"),
            ScheduleEvent::Cancelled => Some("cancel_scheduled"),
            ScheduleEvent::Processed { .. } => None,
        }),
        Events::Wallet(events) => events.iter().find_map(with_wallet),
        Events::System(_) => None,
    }
}

const fn with_order(event: &OrderEvent) -> Option<&'static str> {
    match event {
        OrderEvent::Operator(OperatorEvent::OperatorActed { action, .. }) => Some(action.code()),
        OrderEvent::Operator(OperatorEvent::OperatorHeld { .. }) => Some("hold"),
        OrderEvent::Operator(OperatorEvent::OperatorReleased { .. }) => Some("unhold"),
        OrderEvent::Dispute(DisputeEvent::Disputed {
            by: Party::Operator,
            ..
        }) => Some("dispute"),
        _ => None,
    }
}

/// Transition 22 by an operator: no reason is asked for.
fn confirmed(
    events: &[OrderEvent],
    operator: UserId,
    order: Option<&Order>,
) -> Option<&'static str> {
    let is_party = |order: &Order| {
        let runner = order.stage.assignment().map(|assignment| assignment.runner);
        order.terms.customer == operator || runner == Some(operator)
    };
    let releases = |event: &OrderEvent| {
        matches!(
            event,
            OrderEvent::End(EndEvent::Released(_))
                | OrderEvent::End(EndEvent::ReleaseRefused { .. })
        )
    };
    let confirmed = events.iter().any(releases) && !order.is_some_and(is_party);
    confirmed.then_some("confirm")
}

const fn with_user(event: &UserEvent) -> Option<&'static str> {
    match event {
        UserEvent::Suspended => Some("suspend"),
        UserEvent::Reinstated => Some("reinstate"),
        _ => None,
    }
}

const fn with_wallet(event: &WalletEvent) -> Option<&'static str> {
    match event {
        WalletEvent::WrittenOff { .. } => Some("write_off"),
        WalletEvent::ToppedUp { .. } => Some("top_up"),
        WalletEvent::Withdrawn { .. } => Some("withdraw"),
        WalletEvent::OperatorRetried { .. } => Some("retry_wallet"),
        _ => None,
    }
}
