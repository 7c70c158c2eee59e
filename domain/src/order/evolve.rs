//! The fold: how each event changes an order. It is total and never refuses; replaying a journal is nothing else.
//!
//! Must not: take a policy, a clock or randomness.

use super::{
    cancel_reason::CancelReason,
    effects::{Collection, EscrowStatus, Outcome, PaymentStatus},
    event::{CallEvent, EndEvent, Event, PlacingEvent, RunEvent, TimerEvent},
    settlement::{Release, Settlement},
    stage::{Approach, Assignment, Bought, Cancellation, Delivery, Stage, StoreVisit},
    state::{Order, Ratings},
    terms::Terms,
};
use crate::{
    call::CallNumber,
    id::{OrderId, Principal, Seq, Stream},
    money::Cents,
    record::{Events, Record},
    saga::Progress,
    time::At,
    timer::TimerKind,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

mod attachments;
mod set_back;

/// Number of the system's commands whose repeats an order recognises. Only a scheduled event needs it, where the process ended
/// between the order's record of it and its own: after the start it is due and fires again, and before it only timers that were
/// due even earlier, at most one of each of the 16 kinds.
const FIRED_KEPT: usize = 32;

impl Order {
    /// Returns an order as its first event leaves it.
    #[must_use]
    pub fn placed(id: OrderId, terms: &Arc<Terms>) -> Self {
        Self {
            id,
            terms: Arc::clone(terms),
            stage: Stage::Authorizing,
            epoch: 0,
            former_runners: vec![],
            payment: PaymentStatus::Initiating,
            collection: Collection::None,
            escrow: EscrowStatus::Pending,
            charged: Cents::ZERO,
            refunded: Cents::ZERO,
            approved_total: terms.price.cap(),
            wrong_pins: 0,
            late: false,
            operator_hold: false,
            shared: None,
            capture_before: None,
            deadlines: BTreeMap::new(),
            store: terms.store.clone(),
            dropped: vec![],
            replaced: BTreeMap::new(),
            proposals: 0,
            closed: None,
            messages: 0,
            noted: vec![],
            disputes: 0,
            dispute: None,
            taken_back: Cents::ZERO,
            tips: BTreeMap::new(),
            ended_at: None,
            declined: None,
            action_url: None,
            release_failures: 0,
            reminded: 0,
            overdue_days: 0,
            ratings: Ratings::default(),
            saga: Progress::default(),
            timers: BTreeMap::new(),
            calls: BTreeMap::new(),
            promises: BTreeMap::new(),
            last_number: 0,
            fired: VecDeque::new(),
            version: 0,
            last_seq: Seq::NONE,
            last_at: At::default(),
        }
    }

    /// Folds one record into an order that is known so far, or places it; skips a record that was folded before.
    pub fn fold(known: &mut Option<Self>, seq: Seq, record: &Record) {
        let Events::Order(events) = &record.events else {
            return;
        };
        if known.as_ref().is_some_and(|order| order.last_seq >= seq) {
            return;
        }
        for event in events {
            Self::evolve_or_place(known, record, event);
        }
        if let Some(order) = known {
            order.absorb(record);
            order.close(seq, record);
        }
    }

    /// Folds one event; `Placed` creates the order. Marks that come before it in the record are folded once the order exists.
    pub(super) fn evolve_or_place(known: &mut Option<Self>, record: &Record, event: &Event) {
        if let Some(order) = known {
            return order.evolve(event, record.at);
        }
        let (Event::Placing(PlacingEvent::Placed(terms)), Stream::Order(id)) =
            (event, record.stream)
        else {
            return;
        };
        let mut order = Self::placed(id, terms);
        if let Events::Order(events) = &record.events {
            let before = events
                .iter()
                .take_while(|other| !matches!(other, Event::Placing(PlacingEvent::Placed(_))));
            before.for_each(|mark| order.evolve(mark, record.at));
        }
        *known = Some(order);
    }

    /// Ends the fold of a record: sets version, sequence and time, and remembers a command of the system.
    pub(super) fn close(&mut self, seq: Seq, record: &Record) {
        self.version += 1;
        self.last_seq = seq;
        self.last_at = record.at;
        if record.principal == Principal::System {
            if self.fired.len() == FIRED_KEPT {
                self.fired.pop_front();
            }
            self.fired.push_back(record.command);
        }
    }

    /// Returns the order with the sequence that its last record was given.
    #[must_use]
    pub fn numbered(mut self, seq: Seq) -> Self {
        self.last_seq = seq;
        self
    }

    /// Folds one event that was decided at `at`.
    pub(super) fn evolve(&mut self, event: &Event, at: At) {
        match event {
            Event::Placing(event) => self.placing(event),
            Event::Run(event) => self.run(event, at),
            Event::End(event) => self.ending(event, at),
            Event::Call(event) => self.call(event),
            Event::Timer(event) => self.timer(event, at),
            Event::Proposal(event) => self.asked(event, at),
            Event::Contact(event) => self.contacted(event, at),
            Event::Operator(event) => self.operated(event),
            Event::Dispute(event) => self.disputed(event, at),
            Event::After(event) => self.after(event),
            Event::Step { step, mark } => self.saga.mark(*step, *mark),
        }
    }

    fn placing(&mut self, event: &PlacingEvent) {
        match event {
            PlacingEvent::Placed(_) => {}
            PlacingEvent::ActionRequired { url } => self.action_url = Some(url.clone()),
            PlacingEvent::Authorized {
                call,
                capture_before,
                ..
            } => {
                self.decided(*call, Outcome::Succeeded);
                self.payment = PaymentStatus::Authorized;
                self.deadline(*call, *capture_before);
                self.action_url = None;
                self.stage = Stage::Holding;
            }
            PlacingEvent::Declined { call, reason } => {
                self.decided(*call, Outcome::Refused);
                self.declined = Some(*reason);
            }
            PlacingEvent::Held { .. } => {
                self.payment = PaymentStatus::InEscrow;
                self.escrow = EscrowStatus::Held;
                self.stage = Stage::Scheduling;
            }
            PlacingEvent::Waiting { opens_at } => {
                self.stage = Stage::Waiting {
                    opens_at: *opens_at,
                }
            }
            PlacingEvent::Available { accept_by } => {
                self.stage = Stage::Available {
                    accept_by: *accept_by,
                }
            }
        }
    }

    /// Folds an event between the board and the handover; one that does not fit the stage changes nothing.
    fn run(&mut self, event: &RunEvent, at: At) {
        match event {
            RunEvent::Accepted { runner, epoch } => {
                self.enter(Stage::Accepted(Assignment {
                    runner: *runner,
                    epoch: *epoch,
                    accepted_at: at,
                }));
                self.epoch = *epoch;
            }
            RunEvent::Unbound { runner, epoch, .. } => {
                self.epoch = *epoch;
                self.former_runners.push(*runner);
                self.at_first();
            }
            RunEvent::ArrivedOnSite => {
                if let Stage::Accepted(assignment) = self.stage {
                    self.enter(Stage::OnSite(assignment, StoreVisit::Buying));
                }
            }
            RunEvent::Purchased { food, photo } => {
                if let Stage::OnSite(assignment, _) = self.stage {
                    self.charged = self.terms.price.charge(*food);
                    self.collection = Collection::Collecting;
                    let bought = Bought {
                        food: *food,
                        photo: *photo,
                        at,
                    };
                    self.enter(Stage::Purchased(assignment, bought));
                }
            }
            RunEvent::Collected => {
                if let Stage::Purchased(assignment, bought) = self.stage {
                    self.stage = Stage::Collected(assignment, bought);
                }
            }
            RunEvent::Departed => {
                if let Stage::Collected(assignment, bought) = self.stage {
                    self.stage = Stage::OnTheWay(assignment, bought, Approach::default());
                }
            }
            RunEvent::WrongPinShown { tries } => self.wrong_pins = *tries,
            RunEvent::Delivered { proof } => {
                if let Stage::OnTheWay(assignment, bought, _) = self.stage {
                    let delivery = Delivery { proof: *proof, at };
                    self.stage = Stage::Delivered(assignment, bought, delivery);
                }
            }
        }
    }

    fn ending(&mut self, event: &EndEvent, at: At) {
        match event {
            EndEvent::CancelWaiting(wait) => {
                if let Stage::OnSite(_, visit) = &mut self.stage {
                    *visit = StoreVisit::CancelWait(*wait);
                }
            }
            EndEvent::Released(release) => self.released(release),
            EndEvent::ReleaseRefused { failures } => self.release_failures = *failures,
            EndEvent::Completed => {
                if let Stage::Delivered(assignment, bought, delivery) = self.stage {
                    self.stage = Stage::Completed(assignment, bought, delivery);
                    self.end(at);
                }
            }
            EndEvent::Cancelled {
                reason,
                by,
                settlement,
            } => self.cancelled(*reason, *by, *settlement, at),
            EndEvent::Overdue { days } => self.overdue_days = *days,
        }
    }

    fn call(&mut self, event: &CallEvent) {
        match event {
            CallEvent::Captured { call, .. } => {
                self.decided(*call, Outcome::Succeeded);
                self.collection = self.collected();
            }
            CallEvent::CollectFailed { call, .. } => {
                self.decided(*call, Outcome::Refused);
                self.collection = self.collected();
            }
            CallEvent::LateAuthorization { call }
            | CallEvent::LateCharge { call, .. }
            | CallEvent::Voided { call }
            | CallEvent::Refunded { call, .. } => self.decided(*call, Outcome::Succeeded),
            CallEvent::RefundKept { call, .. } | CallEvent::AuthorizationLapsed { call } => {
                self.decided(*call, Outcome::Refused)
            }
            CallEvent::CallDeferred { .. }
            | CallEvent::CallRetried { .. }
            | CallEvent::CallGivenUp { .. } => {}
        }
    }

    fn timer(&mut self, event: &TimerEvent, at: At) {
        match event {
            TimerEvent::TimerFired { .. } => {}
            TimerEvent::Reminded { step, kind } => self.remind(*kind, *step),
            TimerEvent::TimerNoted { kind } => self.noted.push(*kind),
            TimerEvent::ClockSetBack { ms } => self.set_back(*ms, at),
        }
    }

    /// Notes that a timer of two steps has reminded or alarmed. Operators are alarmed of a dispute beside the reminders of
    /// the stage.
    fn remind(&mut self, kind: TimerKind, step: u8) {
        match kind {
            TimerKind::DisputeSla => {
                if let Some(dispute) = &mut self.dispute {
                    dispute.alarmed = true;
                }
            }
            TimerKind::DeliveryReminder => {
                self.reminded = step;
                self.late = true;
            }
            TimerKind::PaymentAction
            | TimerKind::BoardOpen
            | TimerKind::OrderTimeout
            | TimerKind::RunnerIdle
            | TimerKind::StoreWait
            | TimerKind::DisputeWindow
            | TimerKind::PaymentAuthorizationExpiry
            | TimerKind::EscrowTimeout
            | TimerKind::RatingWindow
            | TimerKind::StepRetry
            | TimerKind::Scheduled
            | TimerKind::ProposalExpiry
            | TimerKind::CancelWait
            | TimerKind::NoShowWait => self.reminded = step,
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.reminded = 0;
    }

    pub(super) fn decided(&mut self, call: CallNumber, outcome: Outcome) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.outcome = outcome;
        }
    }

    fn released(&mut self, release: &Release) {
        self.refunded += release.to_customer;
        self.shared = Some(*release);
        let to_runner = release.to_runner + release.to_platform;
        (self.escrow, self.payment) =
            match (to_runner.is_positive(), release.to_customer.is_positive()) {
                (true, true) => (EscrowStatus::Split, PaymentStatus::PartiallyRefunded),
                (false, true) => (EscrowStatus::Refunded, PaymentStatus::Refunded),
                (_, false) => (EscrowStatus::Released, PaymentStatus::Released),
            };
    }

    fn cancelled(&mut self, reason: CancelReason, by: Principal, settlement: Settlement, at: At) {
        match settlement {
            Settlement::Free => {
                self.payment = match self.payment {
                    PaymentStatus::Initiating => PaymentStatus::Failed,
                    PaymentStatus::Authorized
                    | PaymentStatus::InEscrow
                    | PaymentStatus::Released
                    | PaymentStatus::Refunded
                    | PaymentStatus::PartiallyRefunded
                    | PaymentStatus::Failed
                    | PaymentStatus::Voided => PaymentStatus::Voided,
                };
                self.escrow = match self.escrow {
                    EscrowStatus::Pending => EscrowStatus::Failed,
                    EscrowStatus::Held
                    | EscrowStatus::Released
                    | EscrowStatus::Refunded
                    | EscrowStatus::Split
                    | EscrowStatus::Failed => EscrowStatus::Refunded,
                };
            }
            Settlement::Trip { to_runner, .. } => {
                self.charged = to_runner;
                self.collection = Collection::Collecting;
                self.payment = PaymentStatus::PartiallyRefunded;
                self.escrow = EscrowStatus::Split;
            }
            Settlement::Release(release) => self.released(&release),
        }
        let assignment = self.stage.assignment().copied();
        let bought = self.stage.bought().copied();
        self.end(at);
        self.stage = Stage::Cancelled(Cancellation {
            reason,
            by,
            settlement,
            assignment,
            bought,
            at,
        });
    }
}
