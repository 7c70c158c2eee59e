//! The notices column: whom each event notifies, and of what.

use super::{
    attachments::{CancelWait, Closing},
    cancel_reason::CancelReason,
    event::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, Problem, ProposalEvent, RaiseFailure, RunEvent, TimerEvent, Unbinding,
    },
    settlement::Settlement,
    state::Order,
};
use crate::{
    call::{CallKind, CallNumber},
    id::UserId,
    money::Cents,
    notice::{Audience, Notice, NoticeKind as Kind},
    people::Side,
    policy::Policy,
    saga::Mark,
    timer::TimerKind,
};

/// Returns the notices that `event` sends.
pub(super) fn notices(order: &Order, event: &Event, policy: &Policy) -> Vec<Notice> {
    let mut notices = named(order, event, policy);
    notices.extend(set_off(order, event));
    notices
}

/// Removes what the same record makes untrue: whoever is told that the order has ended can't do any more what they were
/// asked to do, and what was held for it is let go.
pub(super) fn without_outdated(notices: &mut Vec<Notice>) {
    let ends = |notice: &Notice| {
        matches!(
            notice.kind,
            Kind::Completed | Kind::Cancelled | Kind::PaymentFailed { .. }
        )
    };
    let ended: Vec<Audience> = notices
        .iter()
        .filter(|it| ends(it))
        .map(|it| it.to)
        .collect();
    notices.retain(|notice| {
        let until_the_end = matches!(
            notice.kind,
            Kind::PleaseConfirm | Kind::PaymentAuthorized | Kind::EscrowPlaced
        );
        !(until_the_end && ended.contains(&notice.to))
    });
}

/// Returns the notice to the runner that their own debt took part of what they were paid.
fn set_off(order: &Order, event: &Event) -> Option<Notice> {
    let cents = match event {
        Event::End(EndEvent::Released(release)) => release.set_off,
        Event::End(EndEvent::Cancelled { settlement, .. }) => settlement.set_off(),
        Event::Dispute(DisputeEvent::RunnerMadeGood { set_off, .. })
        | Event::After(AfterEvent::TipPaid { set_off, .. }) => *set_off,
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
            | RunEvent::Purchased { .. }
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
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
            | DisputeEvent::CustomerSetOff { .. },
        )
        | Event::After(
            AfterEvent::TipGiven { .. }
            | AfterEvent::TipFailed { .. }
            | AfterEvent::Rated { .. }
            | AfterEvent::RatingsPublished,
        )
        | Event::Step { .. } => Cents::ZERO,
    };
    let assignment = order.stage.assignment().filter(|_| cents.is_positive())?;
    Some(Notice {
        to: Audience::User(assignment.runner),
        kind: Kind::SetOff { cents },
    })
}

fn named(order: &Order, event: &Event, policy: &Policy) -> Vec<Notice> {
    let parties = Parties::of(order);
    match event {
        Event::Placing(event) => placing(order, &parties, event),
        Event::Run(event) => run(order, &parties, event, policy),
        Event::End(event) => ending(order, &parties, event),
        Event::Call(event) => call(order, &parties, event, policy),
        Event::Timer(event) => match event {
            TimerEvent::Reminded { kind, step } => reminded(&parties, *kind, *step),
            TimerEvent::TimerFired { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. } => vec![],
        },
        Event::Proposal(event) => proposal(&parties, event),
        Event::Contact(event) => contact(&parties, event),
        Event::Operator(event) => match event {
            OperatorEvent::OperatorHeld { .. } => parties.both(Kind::HeldByOperator),
            OperatorEvent::OperatorReleased { .. } => parties.both(Kind::ReleasedByOperator),
            OperatorEvent::OperatorActed { .. } => vec![],
        },
        Event::Dispute(event) => dispute(&parties, event),
        Event::After(event) => after(&parties, event),
        Event::Step { step, mark } => match mark {
            Mark::Stalled if order.saga.state(*step) != Some(Mark::Stalled) => {
                Parties::operators(Kind::StepStalled)
            }
            Mark::Stalled | Mark::Started | Mark::Done | Mark::Failed | Mark::Undone => vec![],
        },
    }
}

fn placing(order: &Order, parties: &Parties, event: &PlacingEvent) -> Vec<Notice> {
    match event {
        PlacingEvent::Placed(_) => parties.customer(Kind::PaymentPending),
        PlacingEvent::ActionRequired { .. } => parties.customer(Kind::PaymentActionRequired),
        PlacingEvent::Authorized { .. } => parties.customer(Kind::PaymentAuthorized),
        PlacingEvent::Held { .. } => parties.customer(Kind::EscrowPlaced),
        PlacingEvent::Waiting { .. } => parties.customer(Kind::OrderCreated),
        PlacingEvent::Available { .. } if order.epoch == 0 => parties.customer(Kind::OrderCreated),
        PlacingEvent::Available { .. } | PlacingEvent::Declined { .. } => vec![],
    }
}

fn run(order: &Order, parties: &Parties, event: &RunEvent, policy: &Policy) -> Vec<Notice> {
    match event {
        RunEvent::Accepted { .. } => parties.customer(Kind::OrderAccepted),
        RunEvent::Unbound { cause, runner, .. } => {
            let mut notices = parties.customer(Kind::RunnerCancelled);
            if *cause != Unbinding::RunnerCancelled {
                notices.push(Notice {
                    to: Audience::User(*runner),
                    kind: Kind::RunnerReleased,
                });
            }
            notices
        }
        RunEvent::ArrivedOnSite => [
            parties.customer(Kind::RunnerOnSite),
            parties.runner(Kind::BuyFromNowOn),
        ]
        .concat(),
        RunEvent::Purchased { food, .. } => purchased(order, *food),
        RunEvent::Collected => parties.customer(Kind::Collected),
        RunEvent::Departed => parties.customer(Kind::OnTheWay),
        RunEvent::WrongPinShown { tries } => parties.customer(Kind::WrongPin {
            left: policy.pin_tries.saturating_sub(*tries),
        }),
        RunEvent::Delivered { proof } if order.is_proven_by_runner_alone(*proof) => {
            let window_ms = order.dispute_window_ms(*proof, policy);
            [
                parties.customer(Kind::ConfirmOrDispute { window_ms }),
                parties.runner(Kind::PaymentWaits { window_ms }),
            ]
            .concat()
        }
        RunEvent::Delivered { .. } if order.operator_hold => parties.customer(Kind::Delivered),
        RunEvent::Delivered { .. } => [
            parties.customer(Kind::Delivered),
            parties.customer(Kind::PleaseConfirm),
        ]
        .concat(),
    }
}

fn ending(order: &Order, parties: &Parties, event: &EndEvent) -> Vec<Notice> {
    match event {
        EndEvent::CancelWaiting(wait) => waiting(parties, wait),
        EndEvent::Released(release) => parties.runner(Kind::Paid {
            cents: release.to_runner,
        }),
        EndEvent::ReleaseRefused { failures: 1 } => [
            Parties::operators(Kind::PaymentDelayed),
            parties.runner(Kind::PaymentDelayed),
        ]
        .concat(),
        EndEvent::ReleaseRefused { .. } => vec![],
        EndEvent::Completed => [
            parties.customer(Kind::Completed),
            parties.customer(Kind::PleaseRate),
            parties.runner(Kind::PleaseRate),
        ]
        .concat(),
        EndEvent::Cancelled {
            reason, settlement, ..
        } => cancelled(order, *reason, settlement),
        EndEvent::Overdue { .. } => Parties::operators(Kind::Overdue),
    }
}

/// Notifies customer and operators of what went wrong at the gateway.
fn call(order: &Order, parties: &Parties, event: &CallEvent, policy: &Policy) -> Vec<Notice> {
    let alarm = |kind: Kind| [parties.customer(kind), Parties::operators(kind)].concat();
    match event {
        CallEvent::CollectFailed { call, .. } => alarm(Kind::RenewCard {
            owed: to_capture(order, *call),
        }),
        CallEvent::RefundKept { cents, .. } => alarm(Kind::RefundKeptInWallet { cents: *cents }),
        CallEvent::LateCharge { cents, .. } => alarm(Kind::LateChargeReturned { cents: *cents }),
        CallEvent::LateAuthorization { .. } => {
            alarm(Kind::LateChargeReturned { cents: Cents::ZERO })
        }
        CallEvent::CallDeferred { call, failures } if *failures == policy.retry_tries => {
            let kind = order.calls.get(call).map(|call| call.kind);
            // The step that waits for a capture is marked as stalled, which is told.
            if matches!(kind, Some(CallKind::Capture { .. })) {
                vec![]
            } else {
                Parties::operators(Kind::StepStalled)
            }
        }
        CallEvent::CallDeferred { .. }
        | CallEvent::Captured { .. }
        | CallEvent::Voided { .. }
        | CallEvent::Refunded { .. }
        | CallEvent::CallRetried { .. }
        | CallEvent::CallGivenUp { .. }
        | CallEvent::AuthorizationLapsed { .. } => vec![],
    }
}

/// What a call was to charge out of an authorisation; zero where it does something else.
fn to_capture(order: &Order, call: CallNumber) -> Cents {
    let call = order.calls.get(&call);
    if let Some(CallKind::Capture { cents, .. }) = call.map(|call| call.kind) {
        cents
    } else {
        Cents::ZERO
    }
}

fn proposal(parties: &Parties, event: &ProposalEvent) -> Vec<Notice> {
    match event {
        ProposalEvent::Proposed { offer, .. } => parties.customer(Kind::Proposed {
            kind: offer.kind,
            total: offer.total,
        }),
        ProposalEvent::RaiseFailed { why, .. } => parties.customer(Kind::RaiseFailed {
            reason: match why {
                RaiseFailure::Declined(reason) => Some(*reason),
                RaiseFailure::NotHeld | RaiseFailure::GivenUp => None,
            },
        }),
        ProposalEvent::ProposalClosed { how, .. } => closed(parties, how),
        ProposalEvent::RaiseAsked { .. } | ProposalEvent::Raised { .. } => vec![],
    }
}

fn closed(parties: &Parties, how: &Closing) -> Vec<Notice> {
    match how {
        Closing::Approved | Closing::OtherStore { .. } => parties.runner(Kind::ProposalClosed),
        Closing::Dropped { .. } => parties.both(Kind::ProposalClosed),
        Closing::Withdrawn => parties.customer(Kind::ProposalWithdrawn),
        Closing::RunnerLeft => vec![],
    }
}

fn contact(parties: &Parties, event: &ContactEvent) -> Vec<Notice> {
    match event {
        ContactEvent::MessageSent { by, .. } => parties.other(*by, Kind::Message),
        ContactEvent::ProblemReported { kind, .. } => match kind {
            Problem::CustomerUnreachable => parties.customer(Kind::RunnerAtTheDoor),
            Problem::Other => Parties::operators(Kind::ProblemReported),
            Problem::Returned => vec![],
        },
        ContactEvent::NoShowAnswered => parties.runner(Kind::CustomerIsThere),
        ContactEvent::NoShowOver => parties.runner(Kind::NoShowOver),
    }
}

fn waiting(parties: &Parties, wait: &CancelWait) -> Vec<Notice> {
    let mut notices = parties.both(Kind::CancelWaiting);
    if wait.by.user() != Some(parties.customer) {
        notices.extend(Parties::operators(Kind::CancelWaiting));
    }
    notices
}

fn dispute(parties: &Parties, event: &DisputeEvent) -> Vec<Notice> {
    match event {
        DisputeEvent::Disputed { claim, .. } => {
            let kind = Kind::Disputed { claim: *claim };
            [parties.both(kind), Parties::operators(kind)].concat()
        }
        DisputeEvent::Frozen { cents, .. } => parties.runner(Kind::Frozen { cents: *cents }),
        DisputeEvent::DisputeReplied { by, .. } => [
            parties.other(*by, Kind::DisputeReplied),
            Parties::operators(Kind::DisputeReplied),
        ]
        .concat(),
        DisputeEvent::DisputeResolved { refund, .. } => {
            parties.both(Kind::DisputeResolved { refund: *refund })
        }
        DisputeEvent::ClaimPaid { frozen, owed, .. } => match *frozen + *owed {
            Cents::ZERO => vec![],
            cents => parties.runner(Kind::TakenBack { cents }),
        },
        DisputeEvent::GoodwillPaid { cents } => parties.customer(Kind::Goodwill { cents: *cents }),
        DisputeEvent::RunnerMadeGood { cents, .. } => parties.runner(Kind::Paid { cents: *cents }),
        DisputeEvent::CustomerSetOff { cents } => parties.customer(Kind::SetOff { cents: *cents }),
    }
}

fn after(parties: &Parties, event: &AfterEvent) -> Vec<Notice> {
    match event {
        AfterEvent::TipGiven { .. } => vec![],
        AfterEvent::TipPaid { cents, .. } => parties.runner(Kind::Tipped { cents: *cents }),
        AfterEvent::TipFailed { reason, .. } => {
            parties.customer(Kind::TipFailed { reason: *reason })
        }
        AfterEvent::Rated { by, .. } => parties.other(*by, Kind::Rated),
        // Each side heard of the other's rating when it was given.
        AfterEvent::RatingsPublished => vec![],
    }
}

/// Notifies the customer of the purchase. Where a cancellation waited for the runner at the till, it no longer takes
/// effect, and the customer is told what cancelling costs from then on.
fn purchased(order: &Order, food: Cents) -> Vec<Notice> {
    let to = Audience::User(order.terms.customer);
    let bought = Notice {
        to,
        kind: Kind::Purchased { food },
    };
    let charge = order.terms.price.charge(food);
    let fell = order.stage.cancel_wait().map(|_| Notice {
        to,
        kind: Kind::CancelFell { charge },
    });
    std::iter::once(bought).chain(fell).collect()
}

fn cancelled(order: &Order, reason: CancelReason, settlement: &Settlement) -> Vec<Notice> {
    let kind = match reason {
        CancelReason::PaymentFailed => Kind::PaymentFailed {
            reason: order.declined,
        },
        CancelReason::NoRunnerTimeout => Kind::NobodyCame,
        CancelReason::EscrowFailed
        | CancelReason::SchedulingFailed
        | CancelReason::Customer
        | CancelReason::StoreClosed
        | CancelReason::SoldOut
        | CancelReason::PriceRejected
        | CancelReason::CustomerNoShow
        | CancelReason::RunnerAbandoned
        | CancelReason::AuthorizationExpired
        | CancelReason::Operator
        | CancelReason::Dispute => Kind::Cancelled,
    };
    let customer = Notice {
        to: Audience::User(order.terms.customer),
        kind,
    };
    let Some(assignment) = order.stage.assignment() else {
        return vec![customer];
    };
    let runner = Audience::User(assignment.runner);
    let mut notices = vec![
        customer,
        Notice {
            to: runner,
            kind: Kind::Cancelled,
        },
    ];
    let paid = match settlement {
        Settlement::Free => Cents::ZERO,
        Settlement::Trip { to_runner, .. } => *to_runner,
        Settlement::Release(release) => release.to_runner,
    };
    let alarms = match reason {
        CancelReason::CustomerNoShow | CancelReason::RunnerAbandoned => true,
        CancelReason::PaymentFailed
        | CancelReason::EscrowFailed
        | CancelReason::SchedulingFailed
        | CancelReason::Customer
        | CancelReason::NoRunnerTimeout
        | CancelReason::StoreClosed
        | CancelReason::SoldOut
        | CancelReason::PriceRejected
        | CancelReason::AuthorizationExpired
        | CancelReason::Operator
        | CancelReason::Dispute => false,
    };
    notices.extend(alarms.then_some(Notice {
        to: Audience::Operators,
        kind: Kind::Cancelled,
    }));
    if paid.is_positive() {
        notices.push(Notice {
            to: runner,
            kind: Kind::Paid { cents: paid },
        });
    }
    notices
}

fn reminded(parties: &Parties, kind: TimerKind, step: u8) -> Vec<Notice> {
    match (kind, step) {
        (TimerKind::RunnerIdle, _) | (TimerKind::StoreWait, 1) => {
            parties.runner(Kind::RunnerReminder)
        }
        (TimerKind::StoreWait, _) => [
            parties.customer(Kind::StoreWaitLong),
            Parties::operators(Kind::StoreWaitLong),
        ]
        .concat(),
        (TimerKind::DeliveryReminder, 1) => parties.both(Kind::Late),
        (TimerKind::DeliveryReminder, _) => Parties::operators(Kind::Late),
        (TimerKind::DisputeSla, _) => Parties::operators(Kind::DisputeWaits),
        (
            TimerKind::PaymentAction
            | TimerKind::PaymentAuthorizationExpiry
            | TimerKind::BoardOpen
            | TimerKind::OrderTimeout
            | TimerKind::EscrowTimeout
            | TimerKind::CancelWait
            | TimerKind::ProposalExpiry
            | TimerKind::NoShowWait
            | TimerKind::DisputeWindow
            | TimerKind::RatingWindow
            | TimerKind::StepRetry
            | TimerKind::Scheduled,
            _,
        ) => vec![],
    }
}

/// The people whom an order's notices go to.
struct Parties {
    customer: UserId,
    runner: Option<UserId>,
}

impl Parties {
    fn of(order: &Order) -> Self {
        Self {
            customer: order.terms.customer,
            runner: order.stage.assignment().map(|assignment| assignment.runner),
        }
    }

    fn operators(kind: Kind) -> Vec<Notice> {
        let to = Audience::Operators;
        vec![Notice { to, kind }]
    }

    fn customer(&self, kind: Kind) -> Vec<Notice> {
        let to = Audience::User(self.customer);
        vec![Notice { to, kind }]
    }

    fn runner(&self, kind: Kind) -> Vec<Notice> {
        let to = self.runner.map(Audience::User);
        to.map(|to| Notice { to, kind }).into_iter().collect()
    }

    fn both(&self, kind: Kind) -> Vec<Notice> {
        [self.customer(kind), self.runner(kind)].concat()
    }

    fn other(&self, by: Side, kind: Kind) -> Vec<Notice> {
        match by {
            Side::Customer => self.runner(kind),
            Side::Runner => self.customer(kind),
        }
    }
}
