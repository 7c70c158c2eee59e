//! The told column: who is told what by each event.

use super::{
    effects::TimerKind,
    event::{
        AfterEvent, CallEvent, DisputeEvent, EndEvent, Event, PlacingEvent, RunEvent, Settlement,
        Side, TimerEvent, Unbinding,
    },
    rejection::CancelReason,
    state::Order,
};
use crate::{
    call::CallKind,
    money::Cents,
    notice::{Audience, Notice, NoticeKind},
    policy::Policy,
    saga::{Mark, Saga},
};

mod over;

/// The notices that `event` gives.
pub(super) fn notices(order: &Order, event: &Event, policy: &Policy) -> Vec<Notice> {
    let mut notices = named(order, event, policy);
    notices.extend(set_off(order, event));
    notices
}

/// The runner's own debt took part of what they were paid.
fn set_off(order: &Order, event: &Event) -> Option<Notice> {
    let cents = match event {
        Event::End(EndEvent::Released(release))
        | Event::End(EndEvent::Cancelled {
            settlement: Settlement::Release(release),
            ..
        }) => release.set_off,
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Trip { set_off, .. },
            ..
        })
        | Event::Dispute(DisputeEvent::RunnerMadeGood { set_off, .. })
        | Event::After(AfterEvent::TipPaid { set_off, .. }) => *set_off,
        _ => Cents::ZERO,
    };
    let assignment = order.stage.assignment().filter(|_| cents.is_positive())?;
    Some(Notice {
        to: Audience::User(assignment.runner),
        kind: NoticeKind::SetOff { cents },
    })
}

fn named(order: &Order, event: &Event, policy: &Policy) -> Vec<Notice> {
    use NoticeKind as Kind;
    let customer = Audience::User(order.terms.customer);
    let runner = order
        .stage
        .assignment()
        .map(|assignment| Audience::User(assignment.runner));
    let to = |to: Audience, kind: Kind| vec![Notice { to, kind }];
    let both = |kind: Kind| {
        std::iter::once(customer)
            .chain(runner)
            .map(|to| Notice { to, kind })
            .collect()
    };
    let to_runner = |kind: Kind| runner.map(|to| Notice { to, kind }).into_iter();
    match event {
        Event::Placing(PlacingEvent::Placed(_)) => to(customer, Kind::PaymentPending),
        Event::Placing(PlacingEvent::ActionRequired { .. }) => {
            to(customer, Kind::PaymentActionRequired)
        }
        Event::Placing(PlacingEvent::Authorized { .. }) => to(customer, Kind::PaymentAuthorized),
        Event::Placing(PlacingEvent::Held { .. }) => to(customer, Kind::EscrowPlaced),
        Event::Placing(PlacingEvent::Waiting { .. }) => to(customer, Kind::OrderCreated),
        Event::Placing(PlacingEvent::Available { .. }) if order.epoch == 0 => {
            to(customer, Kind::OrderCreated)
        }
        Event::Run(RunEvent::Accepted { .. }) => to(customer, Kind::OrderAccepted),
        Event::Run(RunEvent::Unbound { cause, runner, .. }) => {
            let mut notices = to(customer, Kind::RunnerCancelled);
            if *cause != Unbinding::RunnerCancelled {
                notices.extend(to(Audience::User(*runner), Kind::RunnerReleased));
            }
            notices
        }
        Event::Run(RunEvent::ArrivedOnSite) => to(customer, Kind::RunnerOnSite)
            .into_iter()
            .chain(to_runner(Kind::BuyFromNowOn))
            .collect(),
        Event::Run(RunEvent::Purchased { food, .. }) => purchased(order, *food),
        Event::Run(RunEvent::Collected) => to(customer, Kind::Collected),
        Event::Run(RunEvent::Departed) => to(customer, Kind::OnTheWay),
        Event::Run(RunEvent::WrongPinShown { tries }) => to(
            customer,
            Kind::WrongPin {
                left: policy.pin_tries.saturating_sub(*tries),
            },
        ),
        Event::Run(RunEvent::Delivered { .. }) => to(customer, Kind::Delivered),
        Event::End(EndEvent::Released(release)) => to_runner(Kind::Paid {
            cents: release.to_runner,
        })
        .collect(),
        Event::End(EndEvent::ReleaseRefused { failures: 1 }) => {
            to(Audience::Operators, Kind::PaymentDelayed)
                .into_iter()
                .chain(to_runner(Kind::PaymentDelayed))
                .collect()
        }
        Event::End(EndEvent::Completed) => to(customer, Kind::Completed)
            .into_iter()
            .chain(to(customer, Kind::PleaseRate))
            .chain(to_runner(Kind::PleaseRate))
            .collect(),
        Event::End(EndEvent::Cancelled {
            reason, settlement, ..
        }) => cancelled(order, *reason, settlement),
        Event::Call(CallEvent::CollectFailed { .. })
        | Event::Call(CallEvent::RefundKept { .. })
        | Event::Call(CallEvent::LateAuthorization { .. })
        | Event::Call(CallEvent::LateCharge { .. }) => gateway(order, event),
        Event::Timer(TimerEvent::Reminded { kind, step }) => {
            reminded(*kind, *step, customer, runner)
        }
        Event::Call(CallEvent::CallDeferred { failures, .. })
            if *failures >= policy.retry_tries =>
        {
            to(Audience::Operators, Kind::StepStalled)
        }
        Event::Step {
            mark: Mark::Stalled,
            saga: Saga::Complete,
            ..
        } => to(Audience::Operators, Kind::StepStalled),
        Event::End(EndEvent::Overdue { .. }) => to(Audience::Operators, Kind::Overdue),
        Event::After(AfterEvent::Rated {
            by: Side::Customer, ..
        }) => to_runner(Kind::Rated).collect(),
        Event::After(AfterEvent::Rated {
            by: Side::Runner, ..
        }) => to(customer, Kind::Rated),
        Event::After(AfterEvent::RatingsPublished)
            if order.ratings.by_customer.is_none() && order.ratings.by_runner.is_none() =>
        {
            vec![]
        }
        Event::After(AfterEvent::RatingsPublished) => both(Kind::Rated),
        _ => over::notices(order, event),
    }
}

/// What the gateway did that customer and operators must know.
fn gateway(order: &Order, event: &Event) -> Vec<Notice> {
    let kind = match event {
        Event::Call(CallEvent::CollectFailed { call, .. }) => NoticeKind::RenewCard {
            owed: match order.calls.get(call).map(|call| call.kind) {
                Some(CallKind::Capture { cents, .. }) => cents,
                _ => Cents::ZERO,
            },
        },
        Event::Call(CallEvent::RefundKept { cents, .. }) => {
            NoticeKind::RefundKeptInWallet { cents: *cents }
        }
        Event::Call(CallEvent::LateCharge { cents, .. }) => {
            NoticeKind::LateChargeReturned { cents: *cents }
        }
        _ => NoticeKind::LateChargeReturned { cents: Cents::ZERO },
    };
    [Audience::User(order.terms.customer), Audience::Operators]
        .map(|to| Notice { to, kind })
        .into()
}

/// Where a cancellation waited for the till, it falls, and the customer learns what cancelling costs from here on.
fn purchased(order: &Order, food: Cents) -> Vec<Notice> {
    let to = Audience::User(order.terms.customer);
    let bought = Notice {
        to,
        kind: NoticeKind::Purchased { food },
    };
    let charge = order.terms.price.charge(food);
    let fell = order.cancel_wait.map(|_| Notice {
        to,
        kind: NoticeKind::CancelFell { charge },
    });
    std::iter::once(bought).chain(fell).collect()
}

fn cancelled(order: &Order, reason: CancelReason, settlement: &Settlement) -> Vec<Notice> {
    let kind = match reason {
        CancelReason::PaymentFailed => NoticeKind::PaymentFailed {
            reason: order.declined,
        },
        CancelReason::NoRunnerTimeout => NoticeKind::NobodyCame,
        _ => NoticeKind::Cancelled,
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
            kind: NoticeKind::Cancelled,
        },
    ];
    let paid = match settlement {
        Settlement::Free => Cents::ZERO,
        Settlement::Trip { to_runner, .. } => *to_runner,
        Settlement::Release(release) => release.to_runner,
    };
    let alarms = matches!(
        reason,
        CancelReason::CustomerNoShow | CancelReason::RunnerAbandoned
    );
    notices.extend(alarms.then_some(Notice {
        to: Audience::Operators,
        kind: NoticeKind::Cancelled,
    }));
    if paid.is_positive() {
        notices.push(Notice {
            to: runner,
            kind: NoticeKind::Paid { cents: paid },
        });
    }
    notices
}

fn reminded(
    kind: TimerKind,
    step: u8,
    customer: Audience,
    runner: Option<Audience>,
) -> Vec<Notice> {
    let notices: Vec<(Option<Audience>, NoticeKind)> = match (kind, step) {
        (TimerKind::RunnerIdle, _) => vec![(runner, NoticeKind::RunnerReminder)],
        (TimerKind::StoreWait, 1) => vec![(runner, NoticeKind::RunnerReminder)],
        (TimerKind::StoreWait, _) => {
            vec![
                (Some(customer), NoticeKind::StoreWaitLong),
                (Some(Audience::Operators), NoticeKind::StoreWaitLong),
            ]
        }
        (TimerKind::DeliveryReminder, 1) => vec![
            (Some(customer), NoticeKind::Late),
            (runner, NoticeKind::Late),
        ],
        (TimerKind::DisputeSla, _) => vec![(Some(Audience::Operators), NoticeKind::DisputeWaits)],
        (TimerKind::DeliveryReminder, _) => vec![(Some(Audience::Operators), NoticeKind::Late)],
        _ => vec![],
    };
    notices
        .into_iter()
        .filter_map(|(to, kind)| to.map(|to| Notice { to, kind }))
        .collect()
}
