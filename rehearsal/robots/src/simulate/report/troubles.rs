//! The report's sections on troubles by kind, timers, calls, refusals and mishaps, as counted in the journal.

use super::table;
use crate::simulate::{on_campus::OnCampus, tally::Tally};
use campusg_domain::{
    call::CallChange,
    order::{
        AfterEvent, CallEvent, CancelReason, ContactEvent, DisputeEvent, EndEvent, Event,
        OperatorAction, OperatorEvent, PlacingEvent, Problem, ProposalEvent, ProposalKind,
        RunEvent, TimerEvent, Unbinding,
    },
    owner::wallet,
    record::Record,
    timer::{TimerChange, TimerKind},
    transitions::Fact,
};
use campusg_simulation::{Mishap, Simulation};
use std::collections::BTreeMap;

type Is = fn(&Fact<'_>) -> bool;

/// Every kind of trouble, by who causes it, with the test for its records.
#[rustfmt::skip]
const TROUBLES: [(&str, Is); 46] = [
    ("cards refused", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::Declined { .. })))),
    ("banks that asked the customer", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::ActionRequired { .. })))),
    ("payments given up without an answer", |it| it.has(|e| matches!(e, Event::Call(CallEvent::CallGivenUp { .. }))) && !skips(it)),
    ("authorisations left to run out by operators", skips),
    ("calls without an answer", |it| it.has(|e| matches!(e, Event::Call(CallEvent::CallDeferred { .. }))) || it.in_wallet(|e| matches!(e, wallet::Event::CallDeferred { .. }))),
    ("late yeses, sent back", |it| it.has(|e| matches!(e, Event::Call(CallEvent::LateAuthorization { .. }) | Event::Call(CallEvent::LateCharge { .. }))) || it.in_wallet(|e| matches!(e, wallet::Event::LateCharge { .. } | wallet::Event::PayoutLate { .. }))),
    ("authorisations that ran out", |it| it.has(|e| matches!(e, Event::Call(CallEvent::AuthorizationLapsed { .. })))),
    ("second authorisations that failed", |it| it.has(|e| matches!(e, Event::Proposal(ProposalEvent::RaiseFailed { .. })))),
    ("charges that failed for good", |it| it.has(|e| matches!(e, Event::Call(CallEvent::CollectFailed { .. })))),
    ("refunds that stay in the wallet", |it| it.has(|e| matches!(e, Event::Call(CallEvent::RefundKept { .. })))),
    ("tips that failed", |it| it.has(|e| matches!(e, Event::After(AfterEvent::TipFailed { .. })))),
    ("releases refused and tried again", |it| it.has(|e| matches!(e, Event::End(EndEvent::ReleaseRefused { .. })))),
    ("holds or timers refused", |it| it.ends(CancelReason::EscrowFailed) || it.ends(CancelReason::SchedulingFailed)),
    ("orders that nobody took", |it| it.ends(CancelReason::NoRunnerTimeout)),
    ("orders given back by their runner", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Unbound { cause: Unbinding::RunnerCancelled, .. })))),
    ("orders taken from an idle runner", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Unbound { cause: Unbinding::Idle, .. })))),
    ("orders taken from a runner by operators", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Unbound { cause: Unbinding::Reassigned, .. })))),
    ("stores found closed", |it| proposes(it, ProposalKind::StoreClosed)),
    ("food found sold out", |it| proposes(it, ProposalKind::SoldOut)),
    ("food dearer than approved", |it| proposes(it, ProposalKind::Price)),
    ("items missing", |it| proposes(it, ProposalKind::Substitution)),
    ("long waits at the store", |it| reminds(it, TimerKind::StoreWait, 2)),
    ("orders cancelled by their customer", |it| it.ends(CancelReason::Customer)),
    ("cancellations that waited for the till", |it| it.has(|e| matches!(e, Event::End(EndEvent::CancelWaiting(_))))),
    ("late deliveries", |it| reminds(it, TimerKind::DeliveryReminder, 1)),
    ("wrong PINs", |it| it.has(|e| matches!(e, Event::Run(RunEvent::WrongPinShown { .. })))),
    ("customers who could not be reached", |it| it.has(|e| matches!(e, Event::Contact(ContactEvent::ProblemReported { kind: Problem::CustomerUnreachable, .. })))),
    ("customers who came after all", |it| it.has(|e| matches!(e, Event::Contact(ContactEvent::NoShowAnswered)))),
    ("food taken back", |it| it.ends(CancelReason::CustomerNoShow)),
    ("problems reported on the way", |it| it.has(|e| matches!(e, Event::Contact(ContactEvent::ProblemReported { kind: Problem::Other, .. })))),
    ("runners given up", |it| it.ends(CancelReason::RunnerAbandoned)),
    ("days of unfinished orders", |it| it.has(|e| matches!(e, Event::End(EndEvent::Overdue { .. })))),
    ("orders held by operators", |it| it.has(|e| matches!(e, Event::Operator(OperatorEvent::OperatorHeld { .. })))),
    ("timers noted during a hold", |it| it.has(|e| matches!(e, Event::Timer(TimerEvent::TimerNoted { .. })))),
    ("disputes and cases", |it| it.has(|e| matches!(e, Event::Dispute(DisputeEvent::Disputed { .. })))),
    ("… that nobody decided in time", |it| it.has(|e| matches!(e, Event::Dispute(DisputeEvent::DisputeResolved { at_fault: None, .. })))),
    ("… paid out of a runner's share", |it| it.has(|e| matches!(e, Event::Dispute(DisputeEvent::ClaimPaid { .. })))),
    ("refunds that the platform paid", |it| it.has(|e| matches!(e, Event::Dispute(DisputeEvent::GoodwillPaid { .. })))),
    ("charges taken back by banks", |it| it.in_wallet(|e| matches!(e, wallet::Event::ChargedBack { .. }))),
    ("… and given again", |it| it.in_wallet(|e| matches!(e, wallet::Event::ChargebackWon { .. }))),
    ("payments of debts that failed", |it| it.in_wallet(|e| matches!(e, wallet::Event::DebtPaymentFailed { .. }))),
    ("debts paid", |it| it.in_wallet(|e| matches!(e, wallet::Event::DebtPaid { .. }))),
    ("debts written off", |it| it.in_wallet(|e| matches!(e, wallet::Event::WrittenOff { .. }))),
    ("payouts that failed", |it| it.in_wallet(|e| matches!(e, wallet::Event::PayoutFailed { .. }))),
    ("payouts sent back", |it| it.in_wallet(|e| matches!(e, wallet::Event::PayoutSentBack { .. }))),
    ("times that cash was short", |it| it.in_wallet(|e| matches!(e, wallet::Event::CashShort { .. }))),
];

/// Whether an operator skipped the void of an authorisation.
fn skips(fact: &Fact<'_>) -> bool {
    fact.has(|event| {
        matches!(
            event,
            Event::Operator(OperatorEvent::OperatorActed {
                action: OperatorAction::Skip,
                ..
            })
        )
    })
}

fn proposes(fact: &Fact<'_>, kind: ProposalKind) -> bool {
    fact.has(|event| matches!(event, Event::Proposal(ProposalEvent::Proposed { offer, .. }) if offer.kind == kind))
}

fn reminds(fact: &Fact<'_>, timer: TimerKind, which: u8) -> bool {
    fact.has(
        |event| matches!(event, Event::Timer(TimerEvent::Reminded { kind, step }) if *kind == timer && *step == which),
    )
}

fn records(simulation: &Simulation) -> impl Iterator<Item = &Record> {
    simulation.journal().iter().map(|entry| &entry.record)
}

pub(super) fn by_kind(simulation: &Simulation) -> String {
    let count = |(name, is): &(&'static str, Is)| {
        let before = None;
        let like = |record: &&Record| is(&Fact { before, record });
        (*name, records(simulation).filter(like).count() as u64)
    };
    table("TROUBLES", TROUBLES.iter().map(count))
}

pub(super) fn timers(simulation: &Simulation) -> String {
    let mut fired: BTreeMap<&'static str, u64> = BTreeMap::new();
    for change in records(simulation).flat_map(|record| &record.timers) {
        if let TimerChange::Fire { kind, .. } = change {
            *fired.entry(kind.as_str()).or_default() += 1;
        }
    }
    table("TIMERS FIRED", fired)
}

pub(super) fn calls(simulation: &Simulation) -> String {
    let mut made: BTreeMap<String, u64> = BTreeMap::new();
    for change in records(simulation).flat_map(|record| &record.calls) {
        let name = match change {
            CallChange::Open { kind, .. } => kind.purpose().into(),
            CallChange::Retry { .. } => "… made again after no answer".into(),
            CallChange::Defer { .. } | CallChange::Close { .. } => continue,
        };
        *made.entry(name).or_default() += 1;
    }
    table("CALLS TO THE GATEWAY", made)
}

pub(in crate::simulate) fn refusals(tally: &Tally) -> String {
    let refused = tally.refusals();
    let named = refused.map(|(what, code, times)| (format!("{what}: {code}"), times));
    table("COMMANDS REFUSED", named)
}

pub(super) fn mishaps(world: &OnCampus) -> String {
    let simulation = world.simulation();
    let times = |mishap: Mishap| {
        let times = simulation.mishaps().get(&mishap).copied().unwrap_or(0);
        (mishap.says(), times)
    };
    let repeats = ("commands given twice", world.repeats());
    let all = Mishap::ALL.into_iter().map(times).chain([repeats]);
    table("WHAT WENT WRONG ON PURPOSE", all)
}
