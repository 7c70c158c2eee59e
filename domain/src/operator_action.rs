//! What operators did, as the records themselves tell it: the names of the audit log.
//!
//! Must not: know the words of a reason; they are sealed. An operator who is a party of an order acts as the party, and
//! what operators do with their own account and inbox is nobody else's business: neither has a name here.

use crate::{
    id::{Principal, UserId},
    order::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event as OrderEvent,
        OperatorEvent, Order, Party, PlacingEvent, ProposalEvent, RunEvent, TimerEvent,
    },
    owner::{
        directory::{StoreEvent, UserEvent},
        inbox::Event as InboxEvent,
        schedule::Event as ScheduleEvent,
        wallet::Event as WalletEvent,
    },
    record::{Events, Record, SystemEvent},
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
        Events::System(events) => events.iter().find_map(|event| match event {
            SystemEvent::ClockAccepted { .. } => Some("accept_clock"),
            SystemEvent::Booted { .. }
            | SystemEvent::ClockStepped { .. }
            | SystemEvent::ClockSettled
            | SystemEvent::SnapshotsDamaged { .. }
            | SystemEvent::SnapshotsWhole => None,
        }),
    }
}

const fn with_order(event: &OrderEvent) -> Option<&'static str> {
    match event {
        OrderEvent::Operator(OperatorEvent::OperatorActed { action, .. }) => Some(action.code()),
        OrderEvent::Operator(OperatorEvent::OperatorHeld { .. }) => Some("hold"),
        OrderEvent::Operator(OperatorEvent::OperatorReleased { .. }) => Some("unhold"),
        OrderEvent::Dispute(DisputeEvent::Disputed { by, .. }) => match by {
            Party::Operator => Some("dispute"),
            Party::Customer | Party::Runner => None,
        },
        OrderEvent::Placing(
            PlacingEvent::Placed(_)
            | PlacingEvent::ActionRequired { .. }
            | PlacingEvent::Authorized { .. }
            | PlacingEvent::Declined { .. }
            | PlacingEvent::Held { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | OrderEvent::Run(
            RunEvent::Accepted { .. }
            | RunEvent::Unbound { .. }
            | RunEvent::ArrivedOnSite
            | RunEvent::Purchased { .. }
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | OrderEvent::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::Released(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
            | EndEvent::Cancelled { .. }
            | EndEvent::Overdue { .. },
        )
        | OrderEvent::Call(
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
        | OrderEvent::Timer(
            TimerEvent::TimerFired { .. }
            | TimerEvent::Reminded { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. },
        )
        | OrderEvent::Proposal(
            ProposalEvent::Proposed { .. }
            | ProposalEvent::RaiseAsked { .. }
            | ProposalEvent::Raised { .. }
            | ProposalEvent::RaiseFailed { .. }
            | ProposalEvent::ProposalClosed { .. },
        )
        | OrderEvent::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::ProblemReported { .. }
            | ContactEvent::NoShowAnswered
            | ContactEvent::NoShowOver,
        )
        | OrderEvent::Dispute(
            DisputeEvent::Frozen { .. }
            | DisputeEvent::DisputeReplied { .. }
            | DisputeEvent::DisputeResolved { .. }
            | DisputeEvent::ClaimPaid { .. }
            | DisputeEvent::GoodwillPaid { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. },
        )
        | OrderEvent::After(
            AfterEvent::TipGiven { .. }
            | AfterEvent::TipPaid { .. }
            | AfterEvent::TipFailed { .. }
            | AfterEvent::Rated { .. }
            | AfterEvent::RatingsPublished,
        )
        | OrderEvent::Step { .. } => None,
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
        UserEvent::Registered { .. }
        | UserEvent::ProfileChanged { .. }
        | UserEvent::SessionOpened(_)
        | UserEvent::SessionClosed { .. }
        | UserEvent::CardSet(_)
        | UserEvent::CardRemoved
        | UserEvent::RunnerSet(_)
        | UserEvent::PayoutMethodSet(_)
        | UserEvent::PayoutMethodRemoved
        | UserEvent::OperatorActed { .. }
        | UserEvent::SetupBegun { .. }
        | UserEvent::DebtPromised { .. } => None,
    }
}

const fn with_wallet(event: &WalletEvent) -> Option<&'static str> {
    match event {
        WalletEvent::WrittenOff { .. } => Some("write_off"),
        WalletEvent::ToppedUp { .. } => Some("top_up"),
        WalletEvent::Withdrawn { .. } => Some("withdraw"),
        WalletEvent::OperatorRetried { .. } => Some("retry_wallet"),
        WalletEvent::SetOff { .. }
        | WalletEvent::ChargeVoided { .. }
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
        | WalletEvent::ClockSetBack { .. }
        | WalletEvent::CallDeferred { .. }
        | WalletEvent::CallRetried { .. }
        | WalletEvent::TimerFired { .. } => None,
    }
}
