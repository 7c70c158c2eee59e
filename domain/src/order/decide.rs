//! The decisions about an order: from its state and a command to the events that follow, or to a refusal. Each transition of
//! `docs/lifecycle.md` is a function in `decide/`.
//!
//! Order of checks: who may give the command, then which transition fits the stage, then its guards in the order of
//! [`Rejection`]. `Ok(vec![])` means that the order is already as the command wants it, and nothing is written.

use super::{
    command::{Command, Placement},
    event::{Event, PlacingEvent, RunEvent},
    marks::{finish, start},
    place,
    role::Role,
    state::Order,
};
use crate::{
    call::CardToken,
    policy::Policy,
    rejection::Rejection,
    saga::CreateStep,
    stream::Meta,
    time::At,
    vote::{Granted, VoteRequest, Votes},
};
use std::sync::Arc;

mod after;
mod allowed;
mod answer;
mod board;
mod dispute;
mod door;
mod ending;
mod operator;
mod raise;
mod stalled;
mod store;
#[cfg(test)]
mod tests;
mod timer;

/// What a decision is given beside the order and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who gives the command, its id, and the hash of its body.
    pub meta: &'a Meta,
    /// When the command is decided; never before the order's last record.
    pub now: At,
    /// The limits and spans in force.
    pub policy: &'a Policy,
    /// The votes of the owners, given before the decision.
    pub votes: &'a Votes,
    /// The PIN that the customer was given, 0–9999; derived from the order's id with a server key, and stored nowhere.
    pub pin: u16,
}

pub use after::STARS;
pub use allowed::allowed;
pub use dispute::PHOTOS;

type Decision = Result<Vec<Event>, Rejection>;

/// Decides a command: returns the events that it becomes. Empty if the order is already as the command wants it.
///
/// # Errors
/// `NotFound` to strangers and for an order that was never placed; `NotAllowed` to a role that may not give the command;
/// `NotInThisStage` where no transition fits; then the guards of the transition, in the order of [`Rejection`].
pub fn decide(order: Option<&Order>, command: &Command, context: &Context<'_>) -> Decision {
    let mut decision = transition(order, command, context);
    if let (Some(order), Err(Rejection::NotInThisStage { allowed: can, .. })) =
        (order, &mut decision)
    {
        let role = order.role(context.meta.principal);
        let allowed = allowed(order, role, context.policy, context.now);
        *can = allowed.iter().map(ToString::to_string).collect();
    }
    decision
}

/// Decides as [`decide`], without saying what is allowed where no transition fits.
fn transition(order: Option<&Order>, command: &Command, context: &Context<'_>) -> Decision {
    match (order, command) {
        (None, Command::Place(placement)) => {
            if context.meta.principal.user() != Some(placement.customer) {
                return Err(Rejection::NotAllowed {
                    who: format!("only {}", command.who_in_words()),
                });
            }
            let card = card_of(placement, context)?;
            let terms = place::terms(placement, card, context.policy, context.now)?;
            let mut events = finish(&Default::default(), CreateStep::RecordOrder);
            events.push(Event::Placing(PlacingEvent::Placed(Arc::new(terms))));
            events.push(start(CreateStep::AuthorizePayment));
            Ok(events)
        }
        (None, _) => Err(Rejection::NotFound {
            what: "order".into(),
        }),
        (Some(order), command) => Decider {
            order,
            context,
            role: order.role(context.meta.principal),
        }
        .decide(command),
    }
}

/// Returns the votes that a decision needs, in the order in which it asks for them.
#[must_use]
pub fn required_votes(
    order: Option<&Order>,
    command: &Command,
    context: &Context<'_>,
) -> Vec<VoteRequest> {
    Votes::rehearse(|votes| transition(order, command, &Context { votes, ..*context }))
}

/// Returns the card that pays for a placement, having checked that the customer may place it and owes nothing.
fn card_of(placement: &Placement, context: &Context<'_>) -> Result<CardToken, Rejection> {
    let customer = placement.customer;
    let vote = context.votes.ask(VoteRequest::Placement {
        customer,
        store: placement.store.known(),
        open_at: placement.deliver_after.unwrap_or_default().max(context.now),
    });
    let Granted::Card(card) = vote? else {
        return Err(Rejection::NoPaymentMethod);
    };
    context.votes.ask(VoteRequest::NoDebt { user: customer })?;
    Ok(card)
}

/// Returns the refusal that these events stand for: a wrong PIN is refused and recorded all the same, so that it counts.
#[must_use]
pub fn verdict(events: &[Event], policy: &Policy) -> Option<Rejection> {
    events.iter().find_map(|event| {
        let Event::Run(RunEvent::WrongPinShown { tries }) = event else {
            return None;
        };
        let left = policy.pin_tries.saturating_sub(*tries);
        Some(Rejection::WrongPin { left })
    })
}

/// What one decision is made from: the order, the caller's role, and the context.
#[derive(Clone, Copy)]
struct Decider<'a> {
    order: &'a Order,
    context: &'a Context<'a>,
    role: Role,
}

impl Decider<'_> {
    fn decide(&self, command: &Command) -> Decision {
        self.permit(command)?;
        match command {
            Command::Place(_) => Ok(vec![]),
            Command::Answered { call, answer } => self.answered(*call, answer),
            Command::TimerDue { kind, generation } => self.timer_due(*kind, *generation),
            Command::ScheduledDue { kind } => match self.order.armed(*kind) {
                Some(timer) => self.timer_due(*kind, timer.generation),
                None => self.misfit(),
            },
            Command::SetClockBack { ms } => Ok(self.set_clock_back(*ms)),

            Command::Accept { runner } => self.accept(*runner),
            Command::CancelAcceptance => self.cancel_acceptance(),
            Command::Cancel { accept_charge } => self.cancel(*accept_charge),

            Command::ArriveOnSite => self.arrive(),
            Command::Propose { offer, note } => self.propose(offer, note.as_ref()),
            Command::Approve { proposal } => self.approve(*proposal),
            Command::DropItems { proposal, items } => self.drop_items(*proposal, items),
            Command::OtherStore { proposal, store } => self.other_store(*proposal, store),
            Command::Reject { proposal } => self.reject(*proposal),
            Command::Withdraw { proposal } => self.withdraw(*proposal),
            Command::Purchase { total, photo } => self.purchase(*total, *photo),

            Command::Collect => self.collect(),
            Command::Depart => self.depart(),
            Command::Message { text } => self.message(text),
            Command::ReportProblem { kind, photo, note } => {
                self.report(*kind, *photo, note.as_ref())
            }
            Command::AnswerNoShow => self.answer_no_show(),
            Command::Deliver { shown } => self.deliver(*shown),
            Command::Confirm => self.confirm(),

            Command::Reassign { reason } => self.reassign(reason),
            Command::Abandon { reason } => self.abandon(reason),
            Command::Hold { reason } => self.hold(reason),
            Command::Unhold { reason } => self.unhold(reason),
            Command::Settle { ending, reason } => self.settle(*ending, reason),
            Command::Refund { cents, reason } => self.refund(*cents, reason),
            Command::RetryStalled { reason } => self.retry_stalled(reason),
            Command::SkipStalled { reason } => self.skip_stalled(reason),
            Command::CompensateStalled { reason } => self.compensate_stalled(reason),

            Command::Dispute {
                claim,
                reason,
                photos,
            } => self.dispute(*claim, reason, photos),
            Command::Reply {
                dispute,
                text,
                photos,
            } => self.reply(*dispute, text, photos),
            Command::Resolve {
                dispute,
                refund,
                at_fault,
                reason,
            } => self.resolve(*dispute, *refund, *at_fault, reason),

            Command::Tip { cents } => self.tip(*cents),
            Command::Rate { stars } => self.rate(*stars),
        }
    }

    /// Refuses a command that the caller's role may not give; to strangers, the order does not exist.
    fn permit(&self, command: &Command) -> Result<(), Rejection> {
        if command.who().contains(&self.role) {
            return Ok(());
        }
        Err(match self.role {
            Role::Stranger => Rejection::NotFound {
                what: "order".into(),
            },
            Role::Customer
            | Role::Runner
            | Role::FormerRunner
            | Role::Operator
            | Role::System
            | Role::Gateway => Rejection::NotAllowed {
                who: format!("only {}", command.who_in_words()),
            },
        })
    }

    /// Refuses a command that fits no transition from this stage; [`decide`] adds the commands that are allowed instead.
    fn misfit<T>(&self) -> Result<T, Rejection> {
        Err(Rejection::NotInThisStage {
            status: self.order.status(),
            allowed: vec![],
        })
    }

    /// Refuses a command that an operator's hold forbids (transition 28).
    fn not_held(&self) -> Result<(), Rejection> {
        if self.order.operator_hold {
            Err(Rejection::OnHold)
        } else {
            Ok(())
        }
    }
}
