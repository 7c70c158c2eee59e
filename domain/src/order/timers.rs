//! The timers column: which timers each event arms, disarms and fires.

use super::{
    attachments::Closing,
    event::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, Problem, ProposalEvent, RunEvent, TimerEvent,
    },
    state::Order,
};
use crate::{
    call::{CallKind, CallState},
    policy::Policy,
    time::At,
    timer::{TimerChange, TimerKind, TimerState},
};

/// Returns the changes to timers that `event`, decided at `now`, makes.
pub(super) fn timers(order: &Order, event: &Event, policy: &Policy, now: At) -> Vec<TimerChange> {
    use TimerKind::{
        BoardOpen, CancelWait, DeliveryReminder, DisputeSla, DisputeWindow, EscrowTimeout,
        NoShowWait, OrderTimeout, PaymentAction, PaymentAuthorizationExpiry, ProposalExpiry,
        RatingWindow, RunnerIdle, StoreWait,
    };
    let mut table = Table {
        order,
        changes: vec![],
    };
    match event {
        Event::Timer(TimerEvent::TimerFired { kind, generation }) => {
            table.changes.push(TimerChange::Fire {
                kind: *kind,
                generation: *generation,
            });
        }
        Event::Placing(PlacingEvent::ActionRequired { .. }) => {
            if !order.retries_more_than_authorizing() {
                table.disarm(&[TimerKind::StepRetry]);
            }
            if order.is_authorizing() && order.armed(PaymentAction).is_none() {
                table.arm(PaymentAction, now.plus(policy.payment_action_ms));
            }
        }
        Event::Placing(PlacingEvent::Authorized { capture_before, .. }) => {
            table.disarm(&[PaymentAction, TimerKind::StepRetry]);
            table.arm(
                PaymentAuthorizationExpiry,
                capture_before.minus(policy.authorization_margin_ms),
            );
        }
        Event::Placing(PlacingEvent::Declined { .. }) => table.disarm(&[PaymentAction]),
        Event::Placing(PlacingEvent::Waiting { opens_at }) => table.arm(BoardOpen, *opens_at),
        Event::Placing(PlacingEvent::Available { accept_by }) => {
            table.disarm(&[RunnerIdle, StoreWait]);
            table.arm(OrderTimeout, *accept_by);
            if order.armed(EscrowTimeout).is_none() {
                table.arm(EscrowTimeout, now.plus(policy.escrow_timeout_ms));
            }
        }
        Event::Run(RunEvent::Accepted { .. }) => {
            table.disarm(&[OrderTimeout]);
            let from = table.promised_from(now, policy.runner_idle_ms);
            table.arm(RunnerIdle, from.plus(policy.runner_remind_ms));
        }
        Event::Run(RunEvent::ArrivedOnSite) => {
            table.disarm(&[RunnerIdle]);
            table.waits_at_the_store(policy, now);
        }
        Event::Run(RunEvent::Purchased { .. }) => {
            table.disarm(&[StoreWait, CancelWait, PaymentAuthorizationExpiry]);
            let from = table.promised_from(now, 0);
            table.arm(DeliveryReminder, from.plus(policy.delivery_late_ms));
        }
        Event::Run(RunEvent::Delivered { proof }) => {
            table.disarm(&[DeliveryReminder, NoShowWait]);
            let window_ms = order.dispute_window_ms(*proof, policy);
            if window_ms > 0 {
                table.arm(DisputeWindow, now.plus(window_ms));
            }
        }
        Event::End(EndEvent::Completed) => {
            table.disarm_all();
            table.arm(RatingWindow, now.plus(policy.rating_window_ms));
        }
        Event::End(EndEvent::Cancelled { .. }) => table.disarm_all(),
        Event::Timer(TimerEvent::ClockSetBack { ms }) => table.earlier(*ms, now),
        Event::Timer(TimerEvent::Reminded { kind, step }) => {
            if *step == 1 {
                table.again(*kind, policy, now);
            }
        }
        Event::End(EndEvent::Overdue { .. }) => {
            table.arm(EscrowTimeout, now.plus(policy.escrow_timeout_ms))
        }
        Event::Call(CallEvent::CallDeferred { failures, .. })
        | Event::End(EndEvent::ReleaseRefused { failures }) => {
            if order.armed(TimerKind::StepRetry).is_none() {
                table.arm(
                    TimerKind::StepRetry,
                    now.plus(policy.back_off_ms(*failures, order.id.as_bytes())),
                );
            }
        }
        Event::After(AfterEvent::RatingsPublished) => table.disarm(&[RatingWindow]),
        Event::Run(RunEvent::Unbound { .. }) => {
            let first = order.deadlines.first_key_value();
            let first = first.map(|(_, before)| *before);
            table.expire_at(first, policy);
        }
        Event::Proposal(ProposalEvent::Proposed { .. })
        | Event::Proposal(ProposalEvent::RaiseAsked { .. }) => {
            let from = table.promised_from(now, 0);
            table.arm(ProposalExpiry, from.plus(policy.proposal_expiry_ms));
        }
        Event::Proposal(ProposalEvent::Raised { capture_before, .. }) => {
            let earliest = order
                .capture_before
                .map(|before| before.min(*capture_before));
            table.expire_at(earliest, policy);
        }
        Event::Proposal(ProposalEvent::ProposalClosed { how, .. }) => {
            table.disarm(&[ProposalExpiry]);
            if matches!(how, Closing::OtherStore { .. }) {
                table.waits_at_the_store(policy, now);
            }
        }
        Event::End(EndEvent::CancelWaiting(_)) => {
            table.arm(CancelWait, now.plus(policy.cancel_wait_ms))
        }
        Event::Contact(ContactEvent::ProblemReported { kind, .. }) => match kind {
            Problem::CustomerUnreachable => {
                table.arm(NoShowWait, now.plus(policy.no_show_wait_ms));
            }
            Problem::Returned | Problem::Other => {}
        },
        Event::Contact(ContactEvent::NoShowAnswered) => table.disarm(&[NoShowWait]),
        Event::Dispute(DisputeEvent::Disputed { .. }) => {
            table.disarm(&[DisputeWindow]);
            table.arm(DisputeSla, now.plus(policy.dispute_alarm_ms));
        }
        Event::Dispute(DisputeEvent::DisputeResolved { .. }) => table.disarm(&[DisputeSla]),
        Event::Placing(PlacingEvent::Placed(_) | PlacingEvent::Held { .. })
        | Event::Run(RunEvent::Collected | RunEvent::Departed | RunEvent::WrongPinShown { .. })
        | Event::End(EndEvent::Released(_))
        | Event::Call(
            CallEvent::Captured { .. }
            | CallEvent::CollectFailed { .. }
            | CallEvent::Voided { .. }
            | CallEvent::Refunded { .. }
            | CallEvent::RefundKept { .. }
            | CallEvent::CallRetried { .. }
            | CallEvent::CallGivenUp { .. }
            | CallEvent::LateAuthorization { .. }
            | CallEvent::LateCharge { .. }
            | CallEvent::AuthorizationLapsed { .. },
        )
        | Event::Timer(TimerEvent::TimerNoted { .. })
        | Event::Proposal(ProposalEvent::RaiseFailed { .. })
        | Event::Contact(ContactEvent::MessageSent { .. } | ContactEvent::NoShowOver)
        | Event::Operator(
            OperatorEvent::OperatorHeld { .. }
            | OperatorEvent::OperatorReleased { .. }
            | OperatorEvent::OperatorActed { .. },
        )
        | Event::Dispute(
            DisputeEvent::Frozen { .. }
            | DisputeEvent::DisputeReplied { .. }
            | DisputeEvent::ClaimPaid { .. }
            | DisputeEvent::GoodwillPaid { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. },
        )
        | Event::After(
            AfterEvent::TipGiven { .. }
            | AfterEvent::TipPaid { .. }
            | AfterEvent::TipFailed { .. }
            | AfterEvent::Rated { .. },
        )
        | Event::Step { .. } => {}
    }
    table.changes
}

struct Table<'a> {
    order: &'a Order,
    changes: Vec<TimerChange>,
}

impl Table<'_> {
    /// Arms a timer; one of this kind that is armed already is disarmed first.
    fn arm(&mut self, kind: TimerKind, due: At) {
        self.disarm(&[kind]);
        let generation = self
            .order
            .timers
            .get(&kind)
            .map_or(1, |newest| newest.generation + 1);
        self.changes.push(TimerChange::Arm {
            kind,
            generation,
            due,
        });
    }

    /// Returns when a wait of `whole_ms` begins that is over at `deliver_after` at the earliest: now, or later where the order
    /// is for later.
    fn promised_from(&self, now: At, whole_ms: u64) -> At {
        let after = self.order.not_expected_until(now);
        after.map_or(now, |after| after.minus(whole_ms).max(now))
    }

    fn waits_at_the_store(&mut self, policy: &Policy, now: At) {
        let from = self.promised_from(now, policy.store_wait_ms);
        self.arm(TimerKind::StoreWait, from.plus(policy.store_remind_ms));
    }

    fn disarm(&mut self, kinds: &[TimerKind]) {
        for kind in kinds {
            if let Some(timer) = self.order.armed(*kind) {
                self.changes.push(TimerChange::Disarm {
                    kind: *kind,
                    generation: timer.generation,
                });
            }
        }
    }

    /// Arms the second step of a timer of two steps; a timer of one step is not armed again.
    fn again(&mut self, kind: TimerKind, policy: &Policy, now: At) {
        let wait = match kind {
            TimerKind::RunnerIdle => policy.runner_idle_ms - policy.runner_remind_ms,
            TimerKind::StoreWait => policy.store_wait_ms - policy.store_remind_ms,
            TimerKind::DeliveryReminder => policy.delivery_alarm_ms - policy.delivery_late_ms,
            TimerKind::DisputeSla => policy.dispute_sla_ms - policy.dispute_alarm_ms,
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
            | TimerKind::Scheduled => return,
        };
        self.arm(kind, now.plus(wait));
    }

    /// Moves `PAYMENT_AUTHORIZATION_EXPIRY`, if it is armed, to the end of the earliest authorisation.
    fn expire_at(&mut self, earliest: Option<At>, policy: &Policy) {
        let due = earliest.map(|before| before.minus(policy.authorization_margin_ms));
        let armed = self.order.armed(TimerKind::PaymentAuthorizationExpiry);
        if let (Some(due), Some(timer)) = (due, armed)
            && timer.due != due
        {
            self.arm(TimerKind::PaymentAuthorizationExpiry, due);
        }
    }

    /// Arms every timer that lies ahead `ms` earlier, but the one whose time the gateway set.
    fn earlier(&mut self, ms: u64, now: At) {
        for (kind, timer) in &self.order.timers {
            let ahead = timer.state == TimerState::Pending && timer.due > now;
            if ahead && *kind != TimerKind::PaymentAuthorizationExpiry {
                self.arm(*kind, timer.due.minus(ms));
            }
        }
    }

    /// Disarms every timer that is armed, but not `STEP_RETRY` while calls that outlive the order wait for it.
    fn disarm_all(&mut self) {
        let keep_retry = self.order.retries_more_than_authorizing();
        let kinds: Vec<TimerKind> = self.order.timers.keys().copied().collect();
        let kinds = kinds
            .into_iter()
            .filter(|kind| !(keep_retry && *kind == TimerKind::StepRetry));
        kinds.for_each(|kind| self.disarm(&[kind]));
    }
}

impl Order {
    /// Returns whether a call other than an authorisation is deferred until its retry.
    fn retries_more_than_authorizing(&self) -> bool {
        self.calls.values().any(|call| {
            call.state == CallState::Deferred && !matches!(call.kind, CallKind::Authorize { .. })
        })
    }
}
