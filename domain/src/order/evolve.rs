//! The fold: what an event makes of an order. Total, and never refuses; replay is nothing else.
//!
//! Must not: take a policy, a clock or randomness.

use super::{
    attachments::Contact,
    effects::{Collection, EscrowStatus, Outcome, PaymentStatus, TimerKind},
    event::{
        AfterEvent, CallEvent, EndEvent, Event, PlacingEvent, Release, RunEvent, Settlement, Side,
        TimerEvent,
    },
    rejection::CancelReason,
    stage::{Assignment, Bought, Cancellation, Delivery, Stage},
    state::{Executed, Order, Ratings},
    terms::Terms,
};
use crate::{
    call::CallNumber,
    id::{OrderId, Principal, Seq},
    money::Cents,
    record::{Events, Record},
    saga::Progress,
    time::At,
};
use std::{collections::BTreeMap, sync::Arc};

mod over;

/// Commands whose repeats an order knows; more than a life has, but for a call that fails for days.
pub(crate) const EXECUTED_KEPT: usize = 500;

impl Order {
    /// An order as its first event leaves it.
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
            proposal: None,
            closed: None,
            cancel_wait: None,
            contact: Contact::default(),
            no_show: None,
            no_show_answered: false,
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
            executed: vec![],
            version: 0,
            last_seq: Seq::NONE,
            last_at: At::default(),
        }
    }

    /// Folds one record of this order into what is known of it; skips a record that it knows.
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

    /// Evolves by one event; the first places the order. Marks that come before it are folded once it is there.
    pub(super) fn evolve_or_place(known: &mut Option<Self>, record: &Record, event: &Event) {
        match (known.as_mut(), event, record.stream) {
            (None, Event::Placing(PlacingEvent::Placed(terms)), crate::id::Stream::Order(id)) => {
                let mut order = Self::placed(id, terms);
                if let Events::Order(events) = &record.events {
                    let before = events.iter().take_while(|other| {
                        !matches!(other, Event::Placing(PlacingEvent::Placed(_)))
                    });
                    before.for_each(|mark| order.evolve(mark, record.at));
                }
                *known = Some(order);
            }
            (Some(order), event, _) => order.evolve(event, record.at),
            (None, ..) => {}
        }
    }

    /// Ends a record: version, sequence, time, and the command's memory.
    pub(super) fn close(&mut self, seq: Seq, record: &Record) {
        self.version += 1;
        self.last_seq = seq;
        self.last_at = record.at;
        if self.executed.len() == EXECUTED_KEPT {
            self.executed.remove(0);
        }
        self.executed.push(Executed {
            command: record.command,
            fingerprint: record.fingerprint,
            seq,
            version: self.version,
            status: record.status,
        });
    }

    /// The order with the sequence that its last record was given.
    #[must_use]
    pub fn numbered(mut self, seq: Seq) -> Self {
        self.last_seq = seq;
        if let Some(last) = self.executed.last_mut() {
            last.seq = seq;
        }
        self
    }

    /// Evolves by one event decided at `at`.
    pub(super) fn evolve(&mut self, event: &Event, at: At) {
        match event {
            Event::Placing(PlacingEvent::Placed(_))
            | Event::Timer(TimerEvent::TimerFired { .. }) => {}
            Event::Placing(PlacingEvent::ActionRequired { url }) => {
                self.action_url = Some(url.clone())
            }
            Event::Placing(PlacingEvent::Authorized {
                call,
                capture_before,
                ..
            }) => {
                self.decided(*call, Outcome::Succeeded);
                self.payment = PaymentStatus::Authorized;
                self.deadline(*call, *capture_before);
                self.action_url = None;
                self.stage = Stage::Holding;
            }
            Event::Placing(PlacingEvent::Declined { call, reason }) => {
                self.decided(*call, Outcome::Refused);
                self.declined = Some(*reason);
            }
            Event::Placing(PlacingEvent::Held { .. }) => {
                self.payment = PaymentStatus::InEscrow;
                self.escrow = EscrowStatus::Held;
                self.stage = Stage::Scheduling;
            }
            Event::Placing(PlacingEvent::Waiting { opens_at }) => {
                self.stage = Stage::Waiting {
                    opens_at: *opens_at,
                }
            }
            Event::Placing(PlacingEvent::Available { accept_by }) => {
                self.stage = Stage::Available {
                    accept_by: *accept_by,
                }
            }
            Event::Run(RunEvent::Accepted { runner, epoch }) => {
                self.enter(Stage::Accepted(Assignment {
                    runner: *runner,
                    epoch: *epoch,
                    accepted_at: at,
                }));
                self.epoch = *epoch;
            }
            Event::Run(RunEvent::Unbound { runner, epoch, .. }) => {
                self.epoch = *epoch;
                self.former_runners.push(*runner);
                self.at_first();
            }
            Event::Call(CallEvent::Captured { call, .. }) => {
                self.decided(*call, Outcome::Succeeded);
                self.collection = self.collected();
            }
            Event::Call(CallEvent::CollectFailed { call, .. }) => {
                self.decided(*call, Outcome::Refused);
                self.collection = self.collected();
            }
            Event::Call(CallEvent::LateAuthorization { call })
            | Event::Call(CallEvent::LateCharge { call, .. })
            | Event::Call(CallEvent::Voided { call })
            | Event::Call(CallEvent::Refunded { call, .. }) => {
                self.decided(*call, Outcome::Succeeded);
            }
            Event::Call(CallEvent::RefundKept { call, .. }) => {
                self.decided(*call, Outcome::Refused)
            }
            Event::Call(CallEvent::CallDeferred { .. })
            | Event::Call(CallEvent::CallRetried { .. })
            | Event::Call(CallEvent::CallGivenUp { .. }) => {}
            Event::Run(RunEvent::ArrivedOnSite)
            | Event::Run(RunEvent::Purchased { .. })
            | Event::Run(RunEvent::Collected)
            | Event::Run(RunEvent::Departed)
            | Event::Run(RunEvent::Delivered { .. })
            | Event::End(EndEvent::Completed) => self.advance(event, at),
            _ => self.counted(event, at),
        }
    }

    /// What an order counts and remembers; what lies over it is [`attachments`](Self::attachments)'s.
    fn counted(&mut self, event: &Event, at: At) {
        match event {
            Event::Run(RunEvent::WrongPinShown { tries }) => self.wrong_pins = *tries,
            Event::End(EndEvent::Released(release)) => self.released(release),
            Event::End(EndEvent::ReleaseRefused { failures }) => self.release_failures = *failures,
            Event::End(EndEvent::Cancelled {
                reason,
                by: who,
                settlement,
            }) => self.cancelled(*reason, *who, *settlement, at),
            Event::Timer(TimerEvent::Reminded {
                kind: TimerKind::DisputeSla,
                ..
            }) => {
                if let Some(dispute) = &mut self.dispute {
                    dispute.alarmed = true;
                }
            }
            Event::Timer(TimerEvent::Reminded { step, kind }) => {
                self.reminded = *step;
                self.late |= *kind == TimerKind::DeliveryReminder;
            }
            Event::End(EndEvent::Overdue { days }) => self.overdue_days = *days,
            Event::After(AfterEvent::Rated {
                by: Side::Customer,
                stars,
            }) => self.ratings.by_customer = Some(*stars),
            Event::After(AfterEvent::Rated {
                by: Side::Runner,
                stars,
            }) => self.ratings.by_runner = Some(*stars),
            Event::After(AfterEvent::RatingsPublished) => self.ratings.published = true,
            Event::Step { saga, step, mark } => self.saga.mark(*saga, *step, *mark),
            _ => self.attachments(event, at),
        }
    }

    /// The way from the store to the end; an event that does not fit changes nothing.
    fn advance(&mut self, event: &Event, at: At) {
        match (self.stage, event) {
            (Stage::Accepted(assignment), Event::Run(RunEvent::ArrivedOnSite)) => {
                self.enter(Stage::OnSite(assignment))
            }
            (Stage::OnSite(assignment), Event::Run(RunEvent::Purchased { food, photo })) => {
                self.charged = self.terms.price.charge(*food);
                self.collection = Collection::Collecting;
                self.cancel_wait = None;
                self.enter(Stage::Purchased(
                    assignment,
                    Bought {
                        food: *food,
                        photo: *photo,
                        at,
                    },
                ));
            }
            (Stage::Purchased(assignment, bought), Event::Run(RunEvent::Collected)) => {
                self.stage = Stage::Collected(assignment, bought)
            }
            (Stage::Collected(assignment, bought), Event::Run(RunEvent::Departed)) => {
                self.stage = Stage::OnTheWay(assignment, bought);
                self.contact = Contact::default();
            }
            (Stage::OnTheWay(assignment, bought), Event::Run(RunEvent::Delivered { proof })) => {
                self.stage = Stage::Delivered(assignment, bought, Delivery { proof: *proof, at });
                self.no_show = None;
            }
            (Stage::Delivered(assignment, bought, delivery), Event::End(EndEvent::Completed)) => {
                self.stage = Stage::Completed(assignment, bought, delivery);
                self.end(at);
            }
            _ => {}
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
                    _ => PaymentStatus::Voided,
                };
                self.escrow = match self.escrow {
                    EscrowStatus::Pending => EscrowStatus::Failed,
                    _ => EscrowStatus::Refunded,
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
