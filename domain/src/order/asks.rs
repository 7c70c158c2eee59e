//! Which votes a command needs before it is decided.

use super::{
    command::{Command, Shown},
    decide::Context,
    effects::TimerKind,
    rejection::Rejection,
    stage::Stage,
    state::Order,
    terms::StoreRef,
};
use crate::{
    call::{Answer, CallState},
    id::OrderId,
    money::Cents,
    vote::Ask,
};

/// Names the votes that `command` needs; none for most.
///
/// # Errors
/// `NotFound` for a command to an order that was never placed.
pub fn asks(
    id: OrderId,
    order: Option<&Order>,
    command: &Command,
    context: &Context<'_>,
) -> Result<Vec<Ask>, Rejection> {
    let Some(order) = order else {
        let Command::Place(placement) = command else {
            return Err(Rejection::NotFound {
                what: "order".into(),
            });
        };
        let store = match placement.store {
            StoreRef::Known(store) => Some(store),
            StoreRef::Described { .. } => None,
        };
        let customer = placement.customer;
        let (fingerprint, keyed) = (context.fingerprint, context.keyed);
        return Ok(vec![
            Ask::Placement {
                customer,
                order: id,
                fingerprint,
                keyed,
                store,
            },
            Ask::NoDebt { user: customer },
        ]);
    };
    Ok(match (&order.stage, command) {
        (
            Stage::Authorizing,
            Command::Answered {
                call,
                answer: Answer::Authorized { cents, .. },
            },
        ) if order
            .calls
            .get(call)
            .is_some_and(|call| call.state != CallState::Closed) =>
        {
            vec![Ask::Hold { cents: *cents }, Ask::Capacity { timers: 3 }]
        }
        (Stage::Available { .. }, Command::Accept { runner }) => {
            vec![Ask::RunnerSlot { runner: *runner }]
        }
        (
            Stage::OnSite(_),
            Command::Purchase {
                photo: Some(photo), ..
            },
        ) => {
            vec![Ask::UsedOnce {
                photo: *photo,
                order: order.id,
            }]
        }
        (Stage::Accepted(bond), Command::Cancel { .. }) => {
            vec![Ask::SetOff {
                user: bond.runner,
                cents: order.terms.price.trip_compensation,
            }]
        }
        (Stage::OnSite(bond), Command::TimerDue { kind, .. } | Command::ScheduledDue { kind })
            if *kind == TimerKind::PaymentAuthorizationExpiry =>
        {
            vec![Ask::SetOff {
                user: bond.runner,
                cents: order.terms.price.trip_compensation,
            }]
        }
        (
            Stage::OnTheWay(..),
            Command::Deliver {
                shown: Shown::Photo(photo),
            },
        ) => {
            let used_once = Ask::UsedOnce {
                photo: *photo,
                order: order.id,
            };
            std::iter::once(used_once).chain(release(order)).collect()
        }
        (
            Stage::Purchased(..)
            | Stage::Collected(..)
            | Stage::OnTheWay(..)
            | Stage::Delivered(..),
            Command::Deliver { .. } | Command::Confirm | Command::Cancel { .. },
        ) => release(order),
        (
            Stage::Purchased(..)
            | Stage::Collected(..)
            | Stage::OnTheWay(..)
            | Stage::Delivered(..),
            Command::TimerDue { kind, .. } | Command::ScheduledDue { kind },
        ) if matches!(
            kind,
            TimerKind::DisputeWindow | TimerKind::StepRetry | TimerKind::EscrowTimeout
        ) =>
        {
            release(order)
        }
        _ => vec![],
    })
}

fn release(order: &Order) -> Vec<Ask> {
    let (Some(bond), Some(bought)) = (order.stage.bond(), order.stage.bought()) else {
        return vec![];
    };
    let charge = order.terms.price.charge(bought.food);
    let to_runner: Cents = charge - order.terms.price.platform_fee.min(charge);
    vec![
        Ask::Release {
            order: order.id,
            cents: charge,
        },
        Ask::SetOff {
            user: bond.runner,
            cents: to_runner,
        },
    ]
}
