//! The random steps, and what each tells both.

use super::{
    records::{placement, wish},
    twins::{RUNNERS, Twins},
};
use crate::common::{operator, plain};
use campusg_actors::runtime::Refusal;
use campusg_domain::{
    gateway::CallKey,
    id::{OrderId, PhotoId, Principal, Stream, UserId},
    invariant::fingerprint,
    money::Cents,
    order::{Command, Handover, Order, Shown, Stage},
    stream::Meta,
    text::Sealed,
    time::{HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::Behaviour;
use std::sync::Arc;

const KINDS: [TimerKind; 11] = [
    TimerKind::PaymentAction,
    TimerKind::BoardOpen,
    TimerKind::OrderTimeout,
    TimerKind::RunnerIdle,
    TimerKind::StoreWait,
    TimerKind::DeliveryReminder,
    TimerKind::DisputeWindow,
    TimerKind::PaymentAuthorizationExpiry,
    TimerKind::EscrowTimeout,
    TimerKind::RatingWindow,
    TimerKind::StepRetry,
];

impl Twins {
    pub(super) async fn place(&mut self) {
        let bad = if self.chance.below(2) == 0 {
            0
        } else {
            Behaviour::TOKENS.len()
        };
        let customer = {
            let all = self.customers.clone();
            self.pick(&all[bad..])
        };
        let handover = if self.chance.below(3) == 0 {
            Handover::Door
        } else {
            Handover::Pin
        };
        let wait = 1 + self.chance.below(5);
        let later = (self.chance.below(6) == 0).then(|| self.campus.now().plus(wait * HOUR_MS));
        let tip = Cents(
            i64::try_from(self.chance.below(3) * 150).unwrap()
                - i64::from(self.chance.below(40) == 0),
        );
        let placement = placement(customer, handover, later, tip);
        let command = Command::Place(Box::new(placement.clone()));
        let caller = Meta {
            fingerprint: fingerprint(&command),
            keyed: true,
            ..plain(customer)
        };
        let id = caller.id;
        let ours = self
            .house
            .runtime
            .place_order(caller, wish(placement))
            .await;
        let known = ours.as_ref().map(|reply| reply.order.id);
        let order = known.unwrap_or(OrderId::from_bytes(self.chance.bytes()));
        let theirs = self
            .campus
            .command(Principal::User(customer), order, &command, id);
        self.campus.settle();
        match (ours, theirs) {
            (Ok(_), Ok(_)) => self.orders.push(order),
            (Err(Refusal::Rejected { rejection, .. }), Err(other)) => {
                self.same(&command, rejection, other)
            }
            (ours, theirs) => panic!("placing: the runtime says {ours:#?}, the campus {theirs:#?}"),
        }
        self.compare().await;
    }

    /// One random step.
    pub(super) async fn step(&mut self) {
        let blink = 1_000 + self.chance.below(60_000);
        self.pass(blink).await;
        let goes_on = |order: &&OrderId| {
            let order = self.campus.order(**order).unwrap();
            !order.is_terminal()
                || (matches!(order.stage, Stage::Completed(..)) && !order.ratings.published)
        };
        let live: Vec<OrderId> = self.orders.iter().filter(goes_on).copied().collect();
        match self.chance.below(30) {
            0..=3 => self.place().await,
            4 => {
                let span = self.chance.below(50) * MINUTE_MS;
                self.pass(span).await;
            }
            5 => self.again().await,
            6 => self.confirm_payment().await,
            7 => self.suspend().await,
            8..=11 if !live.is_empty() => {
                let order = self.pick(&live);
                self.stray(order).await;
            }
            _ if !live.is_empty() => {
                let order = self.pick(&live);
                self.onward(order).await;
            }
            _ => self.place().await,
        }
    }

    /// Whatever fits next.
    async fn onward(&mut self, id: OrderId) {
        let order = Arc::clone(self.campus.order(id).unwrap());
        let bound = order.stage.assignment().map(|assignment| assignment.runner);
        let people = self.campus.directory();
        let free = |runner: &&UserId| {
            people
                .person(**runner)
                .is_some_and(|known| !known.suspended && known.slots < 2)
        };
        let runner = bound
            .or_else(|| self.runners.iter().find(free).copied())
            .unwrap_or(self.runners[0]);
        let photo = (self.chance.below(3) == 0).then(|| self.photos[&runner][0]);
        let (command, shown) = self.fitting(&order, runner, photo).await;
        let who = match &command {
            Command::Confirm => Principal::User(order.terms.customer),
            Command::Rate { .. } if self.chance.below(2) == 0 => {
                Principal::User(order.terms.customer)
            }
            _ => Principal::User(runner),
        };
        let caller = self.key(who, &command);
        self.last = Some((caller.clone(), id, command.clone(), shown.clone()));
        self.give(caller, id, command, shown).await;
    }

    async fn fitting(
        &mut self,
        order: &Order,
        runner: UserId,
        photo: Option<PhotoId>,
    ) -> (Command, Command) {
        let command = match &order.stage {
            Stage::Available { .. } => Command::Accept { runner },
            Stage::Accepted(_) => Command::ArriveOnSite,
            Stage::OnSite(..) => Command::Purchase {
                total: Cents(1_500 + i64::try_from(self.chance.below(900)).unwrap()),
                photo,
            },
            Stage::Purchased(..) => Command::Collect,
            Stage::Collected(..) => Command::Depart,
            Stage::OnTheWay(..) if order.terms.dropoff.handover == Handover::Pin => {
                let off = u16::from(self.chance.below(4) == 0);
                let pin = |right: u16| Command::Deliver {
                    shown: Shown::Pin((right + off) % 10_000),
                };
                return (
                    pin(self.campus.pin(order.id)),
                    pin(self.house.pin(order.id).await),
                );
            }
            Stage::OnTheWay(..) => Command::Deliver {
                shown: Shown::Photo(self.photos[&runner][1]),
            },
            Stage::Delivered(..) => Command::Confirm,
            _ => Command::Rate {
                stars: 1 + u8::try_from(self.chance.below(5)).unwrap(),
            },
        };
        (command.clone(), command)
    }

    /// Anything, by anybody.
    async fn stray(&mut self, id: OrderId) {
        let order = Arc::clone(self.campus.order(id).unwrap());
        let customer = order.terms.customer;
        let runner = self.pick(&self.runners.clone());
        let bound = order
            .stage
            .assignment()
            .map_or(runner, |assignment| assignment.runner);
        let charge = Cents(i64::try_from(self.chance.below(4) * 1_000).unwrap());
        let kind = self.pick(&KINDS);
        let (who, command) = match self.chance.below(12) {
            0 => (Principal::User(runner), Command::Accept { runner }),
            1 => (
                Principal::User(customer),
                Command::Accept { runner: customer },
            ),
            2 => (Principal::User(bound), Command::CancelAcceptance),
            3 => {
                let reason = Sealed(vec![7; 24]);
                (Principal::Operator(self.boss), Command::Reassign { reason })
            }
            4..=6 => (
                Principal::User(customer),
                Command::Cancel {
                    accept_charge: charge,
                },
            ),
            7 => (Principal::User(customer), Command::Confirm),
            8 => (Principal::User(runner), Command::Collect),
            9 => (
                Principal::User(bound),
                Command::Purchase {
                    total: charge,
                    photo: None,
                },
            ),
            10 => (
                Principal::User(bound),
                Command::Deliver {
                    shown: Shown::Photo(self.photos[&bound][1]),
                },
            ),
            _ => (Principal::System, Command::ScheduledDue { kind }),
        };
        let caller = self.key(who, &command);
        self.last = Some((caller.clone(), id, command.clone(), command.clone()));
        self.give(caller, id, command.clone(), command).await;
    }

    /// The last command again under its key, or another body under it.
    async fn again(&mut self) {
        let Some((mut caller, order, command, shown)) = self.last.clone() else {
            return;
        };
        if self.chance.below(3) == 0 {
            let other = Command::Confirm;
            caller.fingerprint = fingerprint(&other);
            return self.give(caller, order, other.clone(), other).await;
        }
        self.give(caller, order, command, shown).await;
    }

    async fn confirm_payment(&mut self) {
        let asked = self
            .campus
            .orders()
            .find(|order| order.stage == Stage::Authorizing && order.action_url.is_some());
        let Some(order) = asked.cloned() else { return };
        let yes = self.chance.below(3) > 0;
        let calls = order.calls.iter();
        let keys = calls.map(|(n, call)| CallKey::of(Stream::Order(order.id), call.kind, *n));
        keys.for_each(|key| self.model.confirm(&key, yes));
        self.campus.confirm_payment(order.id, yes);
        self.compare().await;
    }

    async fn suspend(&mut self) {
        let is_barred = |user: &&UserId| self.campus.directory().person(**user).unwrap().suspended;
        let barred = self.runners.iter().find(is_barred).copied();
        let user = barred.unwrap_or(self.runners[usize::try_from(self.keys).unwrap() % RUNNERS]);
        let suspended = barred.is_none();
        self.house
            .runtime
            .suspend(operator(self.boss), user, suspended, "as told")
            .await
            .unwrap();
        self.mirror_people().await;
    }
}
