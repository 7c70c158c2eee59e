//! The rows of the lifecycle: from where the order stands and a command to what happens, or to a refusal.
//!
//! Order of checks: who may, then the row that fits, then its guards in the order of [`Rejection`].
//! `Ok(vec![])` means "already so": nothing is written.

use super::{
    command::{Command, Shown},
    effects::TimerKind,
    event::{Event, Release, Settlement, Side, Unbinding},
    place,
    quote::quote,
    rejection::{CancelReason, Rejection},
    role::{Role, allowed},
    stage::{Bond, Bought, Proof, Stage},
    state::Order,
    terms::Handover,
};
use crate::{
    id::{CommandId, Fingerprint, PhotoId, Principal, UserId},
    money::Cents,
    policy::Policy,
    saga::{Mark, Progress, Saga, finish, mark, start, unwind},
    time::At,
    vote::{Ask, Votes, Yes},
};
use std::sync::Arc;

mod answer;
#[cfg(test)]
mod tests;
mod timer;

/// What a decision is given beside the order and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who gives the command.
    pub principal: Principal,
    /// Its id.
    pub command: CommandId,
    /// Hash of its body.
    pub fingerprint: Fingerprint,
    /// Whether the caller chose the id by an idempotency key.
    pub keyed: bool,
    /// When it is decided; never before the order's last record.
    pub now: At,
    /// Limits and windows.
    pub policy: &'a Policy,
    /// The owners' votes.
    pub votes: &'a Votes,
    /// The PIN that the customer was told, 0–9999.
    pub pin: u16,
}

type Decision = Result<Vec<Event>, Rejection>;

/// Decides a command.
///
/// # Errors
/// `NotFound` to strangers and for what was never placed, `NotAllowed` to parties who may not, then the guards of the
/// row in the order of [`Rejection`], `NotInThisStage` where no row fits.
pub fn decide(order: Option<&Order>, command: &Command, context: &Context<'_>) -> Decision {
    match (order, command) {
        (None, Command::Place(placement)) => {
            if context.principal.user() != Some(placement.customer) {
                return Err(Rejection::NotAllowed {
                    who: format!("only {}", command.who_in_words()),
                });
            }
            let card = match context
                .votes
                .find(|ask| matches!(ask, Ask::Placement { .. }))?
            {
                Yes::Card(card) => card.clone(),
                _ => return Err(Rejection::NoPaymentMethod),
            };
            context
                .votes
                .find(|ask| matches!(ask, Ask::NoDebt { .. }))?;
            let terms = place::terms(placement, card, context.policy, context.now)?;
            let mut events = finish(&Default::default(), Saga::Create, "record-order");
            events.push(Event::Placed(Arc::new(terms)));
            events.push(start(Saga::Create, "authorize-payment"));
            Ok(events)
        }
        (None, _) => Err(Rejection::NotFound {
            what: "order".into(),
        }),
        (Some(order), command) => Row {
            order,
            context,
            role: order.role(context.principal),
        }
        .decide(command),
    }
}

/// The refusal that these events stand for, if the command was refused and the refusal is remembered.
#[must_use]
pub fn verdict(events: &[Event], policy: &Policy) -> Option<Rejection> {
    events.iter().find_map(|event| match event {
        Event::WrongPinShown { tries } => Some(Rejection::WrongPin {
            left: policy.pin_tries.saturating_sub(*tries),
        }),
        _ => None,
    })
}

struct Row<'a> {
    order: &'a Order,
    context: &'a Context<'a>,
    role: Role,
}

impl Row<'_> {
    fn decide(&self, command: &Command) -> Decision {
        self.permit(command)?;
        match (&self.order.stage, command) {
            (_, Command::Place(_)) => Ok(vec![]),
            (_, Command::Answered { call, answer }) => self.answered(*call, answer),
            (_, Command::TimerDue { kind, generation }) => self.timer_due(*kind, *generation),
            (_, Command::ScheduledDue { kind }) => match self.order.armed(*kind) {
                Some(timer) => self.timer_due(*kind, timer.generation),
                None => self.misfit(),
            },

            (Stage::Available { accept_by }, Command::Accept { runner }) => {
                self.accept(*runner, *accept_by)
            }
            (Stage::Accepted(bond), Command::Accept { runner }) if bond.runner == *runner => {
                Ok(vec![])
            }
            (stage, Command::Accept { runner }) if stage.is_bound_to_another(*runner) => {
                Err(Rejection::TakenByAnotherRunner)
            }

            (Stage::Accepted(_) | Stage::OnSite(_), Command::CancelAcceptance)
                if self.role == Role::Runner =>
            {
                Ok(self.unbind(Unbinding::RunnerCancelled))
            }
            (_, Command::CancelAcceptance) if self.role == Role::FormerRunner => Ok(vec![]),
            (Stage::Accepted(_), Command::Reassign) => Ok(self.unbind(Unbinding::Reassigned)),

            (Stage::Cancelled(end), Command::Cancel { .. })
                if end.reason == CancelReason::Customer =>
            {
                Ok(vec![])
            }
            (_, Command::Cancel { accept_charge }) => self.cancel(*accept_charge),

            (Stage::Accepted(_), Command::ArriveOnSite) => Ok(vec![
                Event::ArrivedOnSite,
                mark(Saga::Complete, "arrive-on-site", Mark::Done),
            ]),
            (Stage::OnSite(_), Command::ArriveOnSite) => Ok(vec![]),

            (Stage::OnSite(_), Command::Purchase { total, photo }) => self.purchase(*total, *photo),
            (Stage::Purchased(_, bought), Command::Purchase { total, photo })
                if bought.food == *total && bought.photo == *photo =>
            {
                Ok(vec![])
            }

            (Stage::Purchased(..), Command::Collect) => {
                Ok(self.with_step("collect-food", vec![Event::Collected]))
            }
            (Stage::Collected(..), Command::Collect) => Ok(vec![]),
            (Stage::Collected(..), Command::Depart) => {
                Ok(self.with_step("depart", vec![Event::Departed]))
            }
            (Stage::OnTheWay(..), Command::Depart) => Ok(vec![]),

            (Stage::OnTheWay(bond, bought), Command::Deliver { shown }) => {
                self.deliver(bond, bought, *shown)
            }
            (Stage::Delivered(..) | Stage::Completed(..), Command::Deliver { .. }) => Ok(vec![]),

            (Stage::OnTheWay(bond, bought), Command::Confirm) if self.role == Role::Customer => {
                Ok(self.delivered(bond, bought, Proof::Confirmed, true))
            }
            (Stage::Delivered(..), Command::Confirm) => self.not_held().map(|()| self.release()),
            (Stage::Completed(..), Command::Confirm) => Ok(vec![]),

            (Stage::Completed(..), Command::Rate { stars }) => self.rate(*stars),
            _ => self.misfit(),
        }
    }

    fn permit(&self, command: &Command) -> Result<(), Rejection> {
        if command.who().contains(&self.role) {
            return Ok(());
        }
        Err(match self.role {
            Role::Stranger => Rejection::NotFound {
                what: "order".into(),
            },
            _ => Rejection::NotAllowed {
                who: format!("only {}", command.who_in_words()),
            },
        })
    }

    fn misfit(&self) -> Decision {
        let allowed = allowed(self.order, self.role)
            .iter()
            .map(ToString::to_string)
            .collect();
        Err(Rejection::NotInThisStage {
            status: self.order.status(),
            allowed,
        })
    }

    fn not_held(&self) -> Result<(), Rejection> {
        if self.order.operator_hold {
            Err(Rejection::OnHold)
        } else {
            Ok(())
        }
    }

    fn with_step(&self, step: &str, mut events: Vec<Event>) -> Vec<Event> {
        events.push(mark(Saga::Complete, step, Mark::Done));
        events
    }

    fn accept(&self, runner: UserId, accept_by: At) -> Decision {
        if self.context.principal.user() != Some(runner) {
            return Err(Rejection::NotAllowed {
                who: "only the runner himself".into(),
            });
        }
        if self.context.now >= accept_by {
            return Err(Rejection::TooLate);
        }
        if runner == self.order.terms.customer {
            return Err(Rejection::OwnOrder);
        }
        self.context
            .votes
            .find(|ask| matches!(ask, Ask::RunnerSlot { .. }))?;
        self.not_held()?;
        let mut events = vec![Event::Accepted {
            runner,
            epoch: self.order.epoch + 1,
        }];
        events.extend(finish(&Default::default(), Saga::Accept, "notify-customer"));
        Ok(events)
    }

    fn unbind(&self, cause: Unbinding) -> Vec<Event> {
        let Some(bond) = self.order.stage.bond() else {
            return vec![];
        };
        let mut events = unwind(&self.order.saga, Saga::Accept, None);
        events.push(Event::Unbound {
            runner: bond.runner,
            epoch: self.order.epoch + 1,
            cause,
        });
        events.push(self.available());
        events
    }

    fn available(&self) -> Event {
        Event::Available {
            accept_by: self.context.now.plus(self.context.policy.order_timeout_ms),
        }
    }

    fn cancel(&self, accept_charge: Cents) -> Decision {
        let Some(quote) = quote(self.order, self.context.policy, self.context.now) else {
            return self.misfit();
        };
        if quote.charge > accept_charge {
            return Err(Rejection::QuoteChanged { quote });
        }
        let settlement = match self.order.stage {
            Stage::Accepted(_) if quote.charge.is_positive() => self.trip(),
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..) => {
                self.divide(Cents::ZERO)?
            }
            _ => Settlement::Free,
        };
        Ok(self.cancelled(CancelReason::Customer, settlement, None))
    }

    /// Ends the order; what was begun before the pivot is taken back.
    fn cancelled(
        &self,
        reason: CancelReason,
        settlement: Settlement,
        failed: Option<&str>,
    ) -> Vec<Event> {
        self.cancelled_at(&self.order.saga, reason, settlement, failed)
    }

    /// As [`cancelled`](Self::cancelled), where earlier events of the same record moved the sagas on.
    fn cancelled_at(
        &self,
        progress: &Progress,
        reason: CancelReason,
        settlement: Settlement,
        failed: Option<&str>,
    ) -> Vec<Event> {
        let mut events = vec![];
        if self.order.stage.bought().is_none() {
            events.extend(unwind(progress, Saga::Accept, None));
            events.extend(unwind(progress, Saga::Create, failed));
        }
        events.push(Event::Cancelled {
            reason,
            by: self.context.principal,
            settlement,
        });
        events
    }

    fn trip(&self) -> Settlement {
        let to_runner = self.order.terms.price.trip_compensation;
        if !to_runner.is_positive() {
            return Settlement::Free;
        }
        Settlement::Trip {
            to_runner,
            set_off: self.set_off().min(to_runner),
        }
    }

    /// What of the runner's part pays the runner's debt; nothing without a vote, since a debt can wait.
    fn set_off(&self) -> Cents {
        match self
            .context
            .votes
            .find(|ask| matches!(ask, Ask::SetOff { .. }))
        {
            Ok(Yes::SetOff(cents)) => *cents,
            Ok(_) | Err(_) => Cents::ZERO,
        }
    }

    /// Divides the charge K: `refund` to the customer, the fee to the platform, the rest to the runner.
    fn divide(&self, refund: Cents) -> Result<Settlement, Rejection> {
        self.release_of(refund).map(Settlement::Release)
    }

    fn release_of(&self, refund: Cents) -> Result<Release, Rejection> {
        self.context
            .votes
            .find(|ask| matches!(ask, Ask::Release { .. }))?;
        let Some(bought) = self.order.stage.bought() else {
            return Err(Rejection::TransferRefused);
        };
        let price = &self.order.terms.price;
        let rest = price.charge(bought.food) - refund;
        let to_platform = price.platform_fee.min(rest);
        let to_runner = rest - to_platform;
        Ok(Release {
            to_runner,
            to_platform,
            to_customer: refund,
            set_off: self.set_off().min(to_runner),
        })
    }

    fn purchase(&self, total: Cents, photo: Option<PhotoId>) -> Decision {
        if !(Cents(1)..=Cents::MAX_INPUT).contains(&total) {
            let rule = format!("must be from 1 to {}", Cents::MAX_INPUT.0);
            return Err(Rejection::field("receipt.total_cents", rule));
        }
        if total > self.order.approved_total {
            return Err(Rejection::AboveApproved);
        }
        if photo.is_none() && self.context.policy.receipt_photo_required {
            return Err(Rejection::PhotoNeeded);
        }
        if photo.is_some() {
            self.context
                .votes
                .find(|ask| matches!(ask, Ask::UsedOnce { .. }))?;
        }
        let mut events = self.with_step("buy-food", vec![Event::Purchased { food: total, photo }]);
        events.push(start(Saga::Complete, "capture-payment"));
        Ok(events)
    }

    fn deliver(&self, bond: &Bond, bought: &Bought, shown: Shown) -> Decision {
        let out_of_tries = self.order.wrong_pins >= self.context.policy.pin_tries;
        match shown {
            Shown::Pin(_) if out_of_tries => Err(Rejection::PhotoNeeded),
            Shown::Pin(pin) if pin != self.context.pin => Ok(vec![Event::WrongPinShown {
                tries: self.order.wrong_pins + 1,
            }]),
            Shown::Photo(_)
                if self.order.terms.dropoff.handover == Handover::Pin && !out_of_tries =>
            {
                Err(Rejection::field("proof", "must be the customer's PIN"))
            }
            shown => Ok(self.delivered(bond, bought, shown.into(), false)),
        }
    }

    fn delivered(&self, bond: &Bond, bought: &Bought, proof: Proof, confirmed: bool) -> Vec<Event> {
        let mut events = self.with_step("mark-delivered", vec![Event::Delivered { proof }]);
        let at_once = confirmed || self.context.policy.dispute_window_ms == 0;
        debug_assert!(
            self.order.stage.bond() == Some(bond) && self.order.stage.bought() == Some(bought)
        );
        if at_once && !self.order.operator_hold {
            events.extend(self.release());
        }
        events
    }

    /// Row 22, or row 23 where the escrow's vote is a no.
    fn release(&self) -> Vec<Event> {
        match self.release_of(Cents::ZERO) {
            Ok(release) => {
                let done = |step| mark(Saga::Complete, step, Mark::Done);
                vec![
                    Event::Released(release),
                    done("release-escrow"),
                    Event::Completed,
                    done("mark-completed"),
                ]
            }
            Err(_) => {
                let failures = self.order.release_failures.saturating_add(1);
                let stuck = failures >= self.context.policy.retry_tries;
                let tried = if stuck { Mark::Stuck } else { Mark::Started };
                vec![
                    Event::ReleaseRefused { failures },
                    mark(Saga::Complete, "release-escrow", tried),
                ]
            }
        }
    }

    fn rate(&self, stars: u8) -> Decision {
        if !(1..=5).contains(&stars) {
            return Err(Rejection::field("stars", "must be from 1 to 5"));
        }
        let (by, given, other) = match self.role {
            Role::Customer => (
                Side::Customer,
                self.order.ratings.by_customer,
                self.order.ratings.by_runner,
            ),
            _ => (
                Side::Runner,
                self.order.ratings.by_runner,
                self.order.ratings.by_customer,
            ),
        };
        match given {
            Some(before) if before == stars => return Ok(vec![]),
            Some(_) => return Err(Rejection::AlreadyRated),
            None if self.order.armed(TimerKind::RatingWindow).is_none() => {
                return Err(Rejection::TooLate);
            }
            None => {}
        }
        let mut events = vec![Event::Rated { by, stars }];
        if other.is_some() {
            events.push(Event::RatingsPublished);
        }
        Ok(events)
    }
}
