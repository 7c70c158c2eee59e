//! Which votes a command needs before it is decided.
//!
//! Invariant: whatever moves towards an account's bound is asked for here: out of the escrow, out of a wallet (freeze),
//! into a debt (set-off). What a refund takes out of a customer's wallet came in with the same record.

use super::{
    command::{Command, Placement, Shown},
    decide::{Context, PHOTOS},
    effects::TimerKind,
    event::Problem,
    rejection::Rejection,
    role::Role,
    stage::Stage,
    state::Order,
    terms::StoreRef,
};
use crate::{
    call::{Answer, CallKind, CallNumber, CallState},
    id::{OrderId, PhotoId},
    money::Cents,
    vote::VoteRequest,
};

/// Names the votes that `command` needs; none for most.
///
/// # Errors
/// `NotFound` for a command to an order that was never placed.
pub fn required_votes(
    id: OrderId,
    order: Option<&Order>,
    command: &Command,
    context: &Context<'_>,
) -> Result<Vec<VoteRequest>, Rejection> {
    let Some(order) = order else {
        let Command::Place(placement) = command else {
            return Err(Rejection::NotFound {
                what: "order".into(),
            });
        };
        return Ok(of_placement(id, placement, context));
    };
    Ok(match command {
        Command::Answered { call, answer } => order.asks_of_answer(*call, answer),
        Command::TimerDue { kind, .. } | Command::ScheduledDue { kind } => {
            order.asks_of_timer(*kind)
        }
        command @ (Command::Place(_)
        | Command::Accept { .. }
        | Command::CancelAcceptance
        | Command::Reassign { .. }
        | Command::Cancel { .. }
        | Command::ArriveOnSite
        | Command::Purchase { .. }
        | Command::Collect
        | Command::Depart
        | Command::Deliver { .. }
        | Command::Confirm
        | Command::Rate { .. }
        | Command::Propose { .. }
        | Command::Approve { .. }
        | Command::DropItems { .. }
        | Command::OtherStore { .. }
        | Command::Reject { .. }
        | Command::Withdraw { .. }
        | Command::Message { .. }
        | Command::ReportProblem { .. }
        | Command::AnswerNoShow
        | Command::Abandon { .. }
        | Command::Hold { .. }
        | Command::Unhold { .. }
        | Command::Settle { .. }
        | Command::Dispute { .. }
        | Command::Reply { .. }
        | Command::Resolve { .. }
        | Command::Tip { .. }
        | Command::Refund { .. }
        | Command::RetryStalled { .. }
        | Command::SkipStalled { .. }
        | Command::CompensateStalled { .. }) => {
            let mut required_votes = order.asks_of_photos(command);
            required_votes.extend(match order.is_terminal() {
                true => order.asks_after_the_end(command, context),
                false => order.asks_on_the_way(command, context),
            });
            required_votes
        }
    })
}

fn of_placement(id: OrderId, placement: &Placement, context: &Context<'_>) -> Vec<VoteRequest> {
    let store = match placement.store {
        StoreRef::Known(store) => Some(store),
        StoreRef::Described { .. } => None,
    };
    let customer = placement.customer;
    let open_at = placement.deliver_after.unwrap_or_default().max(context.now);
    vec![
        VoteRequest::Placement {
            customer,
            order: id,
            fingerprint: context.meta.fingerprint,
            keyed: context.meta.keyed,
            store,
            open_at,
        },
        VoteRequest::NoDebt { user: customer },
    ]
}

/// The photos that a command shows, where it could take effect at this stage.
fn shown<'a>(stage: &Stage, command: &'a Command) -> &'a [PhotoId] {
    match (stage, command) {
        (Stage::OnSite(_), Command::Purchase { photo, .. }) => photo.as_slice(),
        (Stage::OnSite(_), Command::Propose { offer, .. }) => std::slice::from_ref(&offer.photo),
        (
            Stage::OnTheWay(..),
            Command::Deliver {
                shown: Shown::Photo(photo),
            },
        ) => std::slice::from_ref(photo),
        (Stage::Cancelled(_) | Stage::Completed(..), Command::ReportProblem { .. }) => &[],
        (_, Command::ReportProblem { photo, .. }) => photo.as_slice(),
        (_, Command::Dispute { photos, .. } | Command::Reply { photos, .. }) => {
            &photos[..photos.len().min(PHOTOS)]
        }
        _ => &[],
    }
}

impl Order {
    fn asks_of_photos(&self, command: &Command) -> Vec<VoteRequest> {
        let order = self.id;
        let ask = |photo: &PhotoId| VoteRequest::UsedOnce {
            photo: *photo,
            order,
        };
        shown(&self.stage, command).iter().map(ask).collect()
    }

    fn asks_of_answer(&self, n: CallNumber, answer: &Answer) -> Vec<VoteRequest> {
        let call = self.calls.get(&n);
        let open = call.is_some_and(|call| call.state != CallState::Closed);
        match (answer, call.map(|call| call.kind)) {
            (Answer::Authorized { cents, .. }, _) if open && self.is_authorizing() => {
                vec![
                    VoteRequest::Hold { cents: *cents },
                    VoteRequest::Capacity { timers: 3 },
                ]
            }
            (Answer::Authorized { cents, .. }, _) if self.raise_under_way() == Some(n) => {
                vec![VoteRequest::Raise {
                    order: self.id,
                    cents: *cents,
                }]
            }
            (Answer::Captured { .. }, Some(CallKind::Charge { cents })) if open => {
                self.runners_set_off(cents)
            }
            (Answer::Declined { .. }, Some(CallKind::Authorize { .. })) => self.trip_asks(),
            _ => vec![],
        }
    }

    fn asks_of_timer(&self, kind: TimerKind) -> Vec<VoteRequest> {
        match kind {
            TimerKind::PaymentAuthorizationExpiry
            | TimerKind::CancelWait
            | TimerKind::ProposalExpiry => self.trip_asks(),
            TimerKind::DisputeWindow
            | TimerKind::StepRetry
            | TimerKind::EscrowTimeout
            | TimerKind::DisputeSla => self.release_asks(),
            TimerKind::PaymentAction
            | TimerKind::BoardOpen
            | TimerKind::OrderTimeout
            | TimerKind::RunnerIdle
            | TimerKind::StoreWait
            | TimerKind::DeliveryReminder
            | TimerKind::RatingWindow
            | TimerKind::Scheduled
            | TimerKind::NoShowWait => vec![],
        }
    }

    fn asks_on_the_way(&self, command: &Command, context: &Context<'_>) -> Vec<VoteRequest> {
        match (&self.stage, command) {
            (Stage::Available { .. }, Command::Accept { runner }) => {
                vec![VoteRequest::RunnerSlot { runner: *runner }]
            }
            (
                Stage::OnSite(_),
                Command::OtherStore {
                    store: StoreRef::Known(store),
                    ..
                },
            ) => vec![VoteRequest::StoreOpen {
                store: *store,
                at: context.now,
            }],
            (
                _,
                Command::Cancel { .. }
                | Command::CancelAcceptance
                | Command::Reject { .. }
                | Command::Settle { .. }
                | Command::Unhold { .. }
                | Command::Deliver { .. }
                | Command::Confirm
                | Command::Abandon { .. }
                | Command::Resolve { .. }
                | Command::RetryStalled { .. }
                | Command::ReportProblem {
                    kind: Problem::Returned,
                    ..
                },
            ) => [self.trip_asks(), self.release_asks()].concat(),
            _ => vec![],
        }
    }

    fn asks_after_the_end(&self, command: &Command, context: &Context<'_>) -> Vec<VoteRequest> {
        match command {
            Command::Dispute { claim, .. } if self.role(context.meta.principal) != Role::Runner => {
                self.freeze_asks(*claim)
            }
            Command::Resolve { refund, .. } => {
                let refund = (*refund).min(self.terms.price.hold());
                [self.runners_set_off(refund), self.customers_set_off(refund)].concat()
            }
            Command::Refund { cents, .. } => self.customers_set_off(*cents),
            Command::Tip { .. } => vec![VoteRequest::Card {
                user: self.terms.customer,
            }],
            Command::Place(_)
            | Command::Answered { .. }
            | Command::TimerDue { .. }
            | Command::ScheduledDue { .. }
            | Command::Accept { .. }
            | Command::CancelAcceptance
            | Command::Reassign { .. }
            | Command::Cancel { .. }
            | Command::ArriveOnSite
            | Command::Purchase { .. }
            | Command::Collect
            | Command::Depart
            | Command::Deliver { .. }
            | Command::Confirm
            | Command::Rate { .. }
            | Command::Propose { .. }
            | Command::Approve { .. }
            | Command::DropItems { .. }
            | Command::OtherStore { .. }
            | Command::Reject { .. }
            | Command::Withdraw { .. }
            | Command::Message { .. }
            | Command::ReportProblem { .. }
            | Command::AnswerNoShow
            | Command::Abandon { .. }
            | Command::Hold { .. }
            | Command::Unhold { .. }
            | Command::Settle { .. }
            | Command::Dispute { .. }
            | Command::Reply { .. }
            | Command::RetryStalled { .. }
            | Command::SkipStalled { .. }
            | Command::CompensateStalled { .. } => vec![],
        }
    }

    /// For an end that may pay the runner's trip: at most D.
    fn trip_asks(&self) -> Vec<VoteRequest> {
        let price = &self.terms.price;
        match self.stage {
            Stage::Accepted(_) | Stage::OnSite(_) => {
                self.runners_set_off(price.delivery_fee.max(price.trip_compensation))
            }
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Waiting { .. }
            | Stage::Available { .. }
            | Stage::Purchased(..)
            | Stage::Collected(..)
            | Stage::OnTheWay(..)
            | Stage::Delivered(..)
            | Stage::Completed(..)
            | Stage::Cancelled(_) => vec![],
        }
    }

    /// For an end that divides the charge.
    fn release_asks(&self) -> Vec<VoteRequest> {
        let (Some(bought), false) = (self.stage.bought(), self.is_terminal()) else {
            return vec![];
        };
        let charge = self.terms.price.charge(bought.food);
        let to_runner: Cents = charge - self.terms.price.fee_of(charge);
        let release = VoteRequest::Release {
            order: self.id,
            cents: charge,
        };
        [
            vec![release],
            self.runners_set_off(to_runner),
            self.customers_set_off(charge),
        ]
        .concat()
    }

    /// What of the runner's share can be frozen.
    fn freeze_asks(&self, claim: Option<Cents>) -> Vec<VoteRequest> {
        let share = self.runners_share();
        let cents = claim.unwrap_or(share).min(share);
        match self.stage.assignment() {
            Some(assignment) if cents.is_positive() => vec![VoteRequest::Freeze {
                user: assignment.runner,
                cents,
            }],
            _ => vec![],
        }
    }

    /// What of the runner's money pays the runner's own debt.
    fn runners_set_off(&self, cents: Cents) -> Vec<VoteRequest> {
        let assignment = self.stage.assignment().filter(|_| cents.is_positive());
        assignment
            .map(|assignment| VoteRequest::SetOff {
                user: assignment.runner,
                cents,
            })
            .into_iter()
            .collect()
    }

    /// What of a refund that was never charged pays the customer's own debt.
    fn customers_set_off(&self, refund: Cents) -> Vec<VoteRequest> {
        let uncollected = self.uncollected(refund);
        let customer = self.terms.customer;
        uncollected
            .is_positive()
            .then_some(VoteRequest::SetOff {
                user: customer,
                cents: uncollected,
            })
            .into_iter()
            .collect()
    }
}
