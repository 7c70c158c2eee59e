//! What must hold of one record: the order before and after it, and the ledger it is booked on.

use super::{Change, Holds, Id, broken_by};
use crate::{
    call::CallState,
    id::{Principal, Seq, Stream},
    money::{Account, Cents, Phase},
    order::{EscrowStatus, Event, Order, PaymentStatus, RunEvent, Settlement, Stage},
    record::{Events, Record},
    saga::Progress,
    timer::{TimerKind, TimerState},
};
use std::collections::BTreeMap;

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Holds {
    if holds { Ok(()) } else { Err(why()) }
}

pub(super) fn balanced(change: &Change<'_>) -> Holds {
    let wrong = change
        .record
        .money
        .iter()
        .find(|t| !t.cents.is_positive() || t.debit == t.credit);
    wrong.map_or(Ok(()), |transfer| {
        Err(format!("{transfer:?} moves nothing"))
    })
}

/// The order and the ledger agree on what the order's escrow is promised.
pub(super) fn accounted(change: &Change<'_>) -> Holds {
    let Some(ledger) = change.ledger else {
        return Ok(());
    };
    let order = change.after;
    let escrow = ledger.balance_after(Account::Escrow(order.id), change.record);
    let promised = order.held();
    ensure(escrow.pending_in == promised, || {
        format!(
            "order {} counts on {} cents, its escrow on {}",
            order.id, promised.0, escrow.pending_in.0
        )
    })
}

pub(super) fn resolved_once(change: &Change<'_>) -> Holds {
    ledger_agrees(change, Id(3))?;
    let mut promises: BTreeMap<u16, Cents> = change
        .before
        .map(|order| order.promises.clone())
        .unwrap_or_default();
    for transfer in &change.record.money {
        let fits = match transfer.phase {
            Phase::Posted => true,
            Phase::Pending { n } => promises.insert(n, transfer.cents).is_none(),
            Phase::Post { n, promised } => {
                promises.remove(&n) == Some(promised) && transfer.cents <= promised
            }
            Phase::Void { n } | Phase::Expire { n } => promises.remove(&n) == Some(transfer.cents),
        };
        ensure(fits, || {
            format!("{transfer:?} settles no promise of {}", change.after.id)
        })?;
    }
    ensure(promises == change.after.promises, || {
        format!("promises of {} went astray", change.after.id)
    })
}

pub(super) fn within_bounds(change: &Change<'_>) -> Holds {
    ledger_agrees(change, Id(4))
}

/// What the ledger itself has against the record, as far as that breaks invariant `id`.
fn ledger_agrees(change: &Change<'_>, id: Id) -> Holds {
    let fault = change
        .ledger
        .and_then(|ledger| ledger.check(change.record).err());
    let broken = fault
        .map(|fault| broken_by(&fault))
        .filter(|broken| broken.id == id);
    broken.map_or(Ok(()), |broken| Err(broken.why))
}

/// Whether these statuses of escrow and payment are possible at this stage of an order: the table of I5.
#[must_use]
pub fn fits(stage: &Stage, escrow: EscrowStatus, payment: PaymentStatus) -> bool {
    use {EscrowStatus as E, PaymentStatus as P};
    let ends = |pairs: &[(E, P)]| pairs.contains(&(escrow, payment));
    match stage {
        Stage::Authorizing => ends(&[(E::Pending, P::Initiating)]),
        Stage::Holding => ends(&[(E::Pending, P::Authorized)]),
        Stage::Completed(..) => ends(&[
            (E::Released, P::Released),
            (E::Released, P::PartiallyRefunded),
            (E::Released, P::Refunded),
            (E::Split, P::PartiallyRefunded),
            (E::Split, P::Refunded),
        ]),
        Stage::Cancelled(end) => match end.settlement {
            Settlement::Free => ends(&[
                (E::Failed, P::Failed),
                (E::Failed, P::Voided),
                (E::Refunded, P::Voided),
            ]),
            Settlement::Trip { .. } => {
                ends(&[(E::Split, P::PartiallyRefunded), (E::Split, P::Refunded)])
            }
            Settlement::Release(_) => ends(&[
                (E::Released, P::Released),
                (E::Released, P::PartiallyRefunded),
                (E::Released, P::Refunded),
                (E::Refunded, P::Refunded),
                (E::Split, P::PartiallyRefunded),
                (E::Split, P::Refunded),
            ]),
        },
        Stage::Scheduling
        | Stage::Waiting { .. }
        | Stage::Available { .. }
        | Stage::Accepted(_)
        | Stage::OnSite(..)
        | Stage::Purchased(..)
        | Stage::Collected(..)
        | Stage::OnTheWay(..)
        | Stage::Delivered(..) => ends(&[(E::Held, P::InEscrow)]),
    }
}

/// The marks that a record makes, each judged where the marks before it have left the sagas.
pub(super) fn marked(change: &Change<'_>) -> Holds {
    marks_of(change.before, change.record)
}

pub(super) fn marks_of(before: Option<&Order>, record: &Record) -> Holds {
    let Events::Order(events) = &record.events else {
        return Ok(());
    };
    let mut progress = before.map_or_else(Progress::default, |order| order.saga.clone());
    for event in events {
        if let Event::Step { step, mark } = event {
            ensure(progress.allows(*step, *mark), || {
                let state = progress.state(*step);
                format!("{} is {state:?} and marked {mark:?}", step.name())
            })?;
            progress.mark(*step, *mark);
        }
    }
    Ok(())
}

pub(super) fn fits_together(change: &Change<'_>) -> Holds {
    statuses(change.after)
}

pub(super) fn statuses(order: &Order) -> Holds {
    ensure(fits(&order.stage, order.escrow, order.payment), || {
        format!(
            "order {} is {}, escrow {:?}, payment {:?}",
            order.id,
            order.status(),
            order.escrow,
            order.payment
        )
    })
}

pub(super) fn one_runner(change: &Change<'_>) -> Holds {
    let mut epoch = change.before.map_or(0, |order| order.epoch);
    let Events::Order(events) = &change.record.events else {
        return Ok(());
    };
    for event in events {
        if let Event::Run(RunEvent::Accepted { epoch: next, .. })
        | Event::Run(RunEvent::Unbound { epoch: next, .. }) = event
        {
            ensure(*next == epoch + 1, || {
                format!("order {}: epoch {next} after {epoch}", change.after.id)
            })?;
            epoch = *next;
        }
    }
    let bound = change
        .after
        .stage
        .assignment()
        .is_none_or(|assignment| assignment.epoch == change.after.epoch);
    ensure(bound && change.after.epoch == epoch, || {
        format!("order {}: bound under an old epoch", change.after.id)
    })
}

/// Whether nothing will ever wake this order, one of its calls that rests, or its open dispute.
#[must_use]
pub fn is_stalled(order: &Order) -> bool {
    let waits = order.open_dispute().is_some();
    let decided_by = TimerKind::DisputeSla;
    let undecided = order.armed(decided_by).is_none() && !order.noted.contains(&decided_by);
    if waits && undecided {
        return true;
    }
    let armed = order
        .timers
        .values()
        .any(|timer| timer.state == TimerState::Pending);
    let wakers = [
        TimerKind::StepRetry,
        TimerKind::PaymentAction,
        TimerKind::ProposalExpiry,
    ];
    let noted = !order.noted.is_empty();
    let woken = noted || wakers.iter().any(|kind| order.armed(*kind).is_some());
    let calls = |state: CallState| order.calls.values().any(|call| call.state == state);
    let idle = !order.is_terminal() && !armed && !calls(CallState::Open);
    idle || (calls(CallState::Deferred) && !woken)
}

pub(super) fn not_stalled(change: &Change<'_>) -> Holds {
    wakes(change.after)
}

pub(super) fn wakes(order: &Order) -> Holds {
    ensure(!is_stalled(order), || {
        format!(
            "order {} is {} and nothing wakes it",
            order.id,
            order.status()
        )
    })
}

/// Whether the system gave an order this command.
pub(super) fn fires(record: &Record) -> bool {
    matches!(record.stream, Stream::Order(_)) && record.principal == Principal::System
}

pub(super) fn remembered(change: &Change<'_>) -> Holds {
    fires_once(change.before, change.record)
}

pub(super) fn fires_once(before: Option<&Order>, record: &Record) -> Holds {
    let again = before.is_some_and(|order| order.fired.contains(&record.command));
    ensure(!(fires(record) && again), || {
        let (command, stream) = (record.command, record.stream);
        format!("command {command:?} of {stream} a second time")
    })
}

pub(super) fn chained(change: &Change<'_>) -> Holds {
    let last = change.before.map_or(Seq::NONE, |order| order.last_seq);
    let later = change.before.is_none_or(|order| {
        order.last_at <= change.record.at || change.record.events.set_clock_back()
    });
    ensure(change.record.prev == last && later, || {
        format!("order {}: does not follow record {last}", change.after.id)
    })
}

/// Folding the record on the order before gives the order after: the columns and the fold say the same.
pub(super) fn replays(change: &Change<'_>) -> Holds {
    let after = change.after;
    let mut folded = change.before.cloned();
    Order::fold(&mut folded, Seq(u64::MAX), change.record);
    let folded = folded.map(|order| order.numbered(after.last_seq));
    ensure(folded.as_ref() == Some(after), || {
        format!("order {}: its fold is not what was decided", after.id)
    })
}

pub(super) fn charges_enough(change: &Change<'_>) -> Holds {
    charged_enough(change.after)
}

pub(super) fn charged_enough(order: &Order) -> Holds {
    let least = order.terms.price.least_charge;
    order.calls.iter().try_for_each(|(n, call)| {
        let cents = call.kind.charges();
        ensure(cents.is_none_or(|cents| cents >= least), || {
            let id = order.id;
            format!("call {n} of order {id} charges less than {} cents", least.0)
        })
    })
}

pub(super) fn emptied(change: &Change<'_>) -> Holds {
    let order = change.after;
    if !order.is_terminal() {
        return Ok(());
    }
    let escrow = change
        .ledger
        .map(|ledger| ledger.balance_after(Account::Escrow(order.id), change.record));
    let empty = order.holds().next().is_none() && escrow.is_none_or(|balance| balance.is_zero());
    ensure(empty, || {
        format!(
            "order {} is {} with {escrow:?} in escrow",
            order.id,
            order.status()
        )
    })
}
