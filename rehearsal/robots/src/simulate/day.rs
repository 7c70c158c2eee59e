//! The day: robots hear notices, note errands, and do them when they are due.
//!
//! A robot reacts to notices by the tables of [`Reaction`]s in the files of students, runners and operators. When an
//! errand is due, it decides by what it then sees.
//! Invariant: chance comes from one seeded generator, in an order that depends on the campus only; no robot reads a clock.

mod plan;

use super::{
    agenda::Agenda,
    habits::{Habits, PerMille},
    people::{Crowd, Robot},
    tally::Tally,
    world::{Answer, News, OrderView, Part, World, WorldError},
};
use campusg_client::Deviation;
use campusg_domain::{
    id::{OrderId, Principal, UserId},
    money::Cents,
    notice::{Audience, NoticeKind},
    order::Command,
    owner::wallet,
    text::Sealed,
    time::{At, HOUR_MS, MINUTE_MS, SECOND_MS},
};
use campusg_simulation::{Bank, Behaviour, Seeded};

/// Hour of the day at which students begin to order.
pub const FIRST_HOUR: u64 = 11;

/// Number of people on a campus, and length of its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of students, who order.
    pub students: usize,
    /// Number of runners.
    pub runners: usize,
    /// Hours in which students order.
    pub hours: u64,
}

impl Size {
    /// Number of operators: one, and one more for every 250 students.
    #[must_use]
    pub const fn operators(&self) -> usize {
        1 + self.students / 250
    }
}

/// A duration that is drawn at random: least and most, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub u64, pub u64);

pub(super) const fn seconds(least: u64, most: u64) -> Span {
    Span(least * SECOND_MS, most * SECOND_MS)
}

pub(super) const fn minutes(least: u64, most: u64) -> Span {
    Span(least * MINUTE_MS, most * MINUTE_MS)
}

pub(super) const fn hours(least: u64, most: u64) -> Span {
    Span(least * HOUR_MS, most * HOUR_MS)
}

/// What a robot does when an errand is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Student(super::student::Action),
    Runner(super::runner::Action),
    Operator(super::operator::Action),
    World(super::outside::Action),
}

/// Something that a robot means to do later, perhaps about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errand {
    pub who: Robot,
    pub action: Action,
    pub about: Option<OrderId>,
}

/// What an order's id alone decides about it. The numbers go into that decision, so changing one changes every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Fate {
    /// The customer is not there when the food comes.
    NotThere = 1,
    /// The runner forgets the order after accepting.
    Forgotten = 10,
    /// The runner gives the order back on the way to the store.
    GivenBack = 11,
    /// The runner gives the order back at the store.
    GivenBackLate = 12,
    /// The runner is not heard of again at the store.
    GoneFromTheStore = 13,
    /// The runner is not heard of again with the food.
    GoneWithTheFood = 14,
    /// The runner takes long on the way.
    Slow = 15,
    /// The runner mishears the PIN.
    Misheard = 16,
    /// The runner never hears the PIN.
    NeverHeard = 17,
    /// The runner has a problem on the way.
    Problem = 18,
    /// No runner wants the order.
    Unwanted = 19,
    /// Operators do not act on the order for days.
    Overlooked = 20,
}

/// What a robot does after a kind of notice: with which chance, after which time.
pub(super) struct Reaction<D> {
    told: fn(NoticeKind) -> bool,
    chance: fn(&Habits) -> PerMille,
    after: Span,
    action: D,
}

pub(super) const fn on<D>(
    told: fn(NoticeKind) -> bool,
    chance: fn(&Habits) -> PerMille,
    after: Span,
    action: D,
) -> Reaction<D> {
    Reaction {
        told,
        chance,
        after,
        action,
    }
}

/// The result of an errand: an error only if the campus is not as specified or can't be reached.
pub(super) type Done = Result<(), Deviation>;

/// The progress of a day, for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Milliseconds since students began to order.
    pub passed_ms: u64,
    /// Number of orders so far.
    pub orders: usize,
    /// Number of orders that have not ended, as far as robots have heard.
    pub open: usize,
}

/// A day of robots on a campus.
pub struct Day<W> {
    pub(super) world: W,
    pub(super) habits: Habits,
    pub(super) crowd: Crowd,
    pub(super) dice: Seeded,
    pub(super) tally: Tally,
    pub(super) begins_at: At,
    pub(super) closes_at: At,
    agenda: Agenda<Errand>,
}

impl<W: World> Day<W> {
    /// Registers everybody, opens the stores and plans the day.
    ///
    /// # Errors
    /// A [`Deviation`] if a registration or a store is refused, or the campus can't be reached.
    pub fn begin(world: W, habits: Habits, size: Size, seed: u64) -> Result<Self, Deviation> {
        let mut day = Self {
            begins_at: world.now(),
            closes_at: world.now(),
            world,
            habits,
            crowd: Crowd::default(),
            dice: Seeded::new(seed),
            tally: Tally::default(),
            agenda: Agenda::default(),
        };
        (0..size.operators()).try_for_each(|_| day.join(Part::Operator))?;
        day.open_stores()?;
        for _ in 0..size.students {
            let cards = day.habits.cards;
            let card = day.drawn(cards, Behaviour::Succeeds);
            day.join(Part::Student(card))?;
        }
        for _ in 0..size.runners {
            let banks = day.habits.banks;
            let bank = day.drawn(banks, Bank::Pays);
            day.join(Part::Runner(bank))?;
        }
        day.begins_at = day.world.now();
        day.closes_at = day.begins_at.plus(size.hours * HOUR_MS);
        day.plan(size);
        Ok(day)
    }

    /// Lives the day until nothing more follows, or [`World::patience_ms`] is over.
    ///
    /// # Errors
    /// A [`Deviation`] if the campus is not as specified, or can't be reached.
    pub fn live(&mut self, mut progress: impl FnMut(Progress)) -> Done {
        let end = self.closes_at.plus(self.world.patience_ms());
        while self.world.now() < end {
            self.listen()?;
            progress(self.progress());
            // What lies beyond the end is not waited for.
            let next = self.agenda.next_at().filter(|at| *at < end);
            let until = next.unwrap_or_else(|| self.world.now().plus(HOUR_MS));
            match self.world.pass_until(until) {
                Ok(true) => {}
                Ok(false) => match self.agenda.due(self.world.now()) {
                    Some(errand) => self.goes(errand)?,
                    None if next.is_none() && self.is_over()? => break,
                    None => {}
                },
                Err(no) => return Err(fault(no)),
            }
        }
        self.look_back()
    }

    /// Counts of the day.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The campus.
    #[must_use]
    pub const fn world(&self) -> &W {
        &self.world
    }

    /// The progress so far.
    fn progress(&self) -> Progress {
        Progress {
            passed_ms: self.world.now().since(self.begins_at),
            orders: self.tally.orders(),
            open: self.crowd.open.len(),
        }
    }

    fn is_over(&mut self) -> Result<bool, Deviation> {
        self.world.is_at_rest().map_err(fault)
    }

    /// Looks at every order once more and counts its outcome.
    fn look_back(&mut self) -> Done {
        for order in self.tally.known() {
            if let Some(view) = self.see(order)? {
                self.tally.ended(&view);
            }
        }
        self.tally.lasted_ms = self.world.now().since(self.begins_at);
        Ok(())
    }

    fn join(&mut self, part: Part) -> Done {
        let user = self.world.join(part).map_err(fault)?;
        self.crowd.joined(user, part);
        Ok(())
    }

    pub(super) fn drawn<T: Copy>(&mut self, among: &[(T, PerMille)], else_this: T) -> T {
        let mut drawn = self.dice.below(1000);
        for (what, many) in among {
            match drawn.checked_sub(u64::from(*many)) {
                None => return *what,
                Some(rest) => drawn = rest,
            }
        }
        else_this
    }

    /// Lets robots react to the notices since the last time.
    fn listen(&mut self) -> Done {
        let news = self.world.news().map_err(fault)?;
        for told in news {
            self.tally.told(&told, self.world.now());
            self.hears(told)?;
        }
        Ok(())
    }

    fn hears(&mut self, News { to, about, kind }: News) -> Done {
        let robot = match to {
            Audience::Operators => Some(Robot::Operator),
            Audience::User(user) => self.crowd.robot(user),
        };
        let (Some(who), Some(order)) = (robot, about) else {
            return Ok(());
        };
        if is_an_end(kind) {
            self.crowd.open.remove(&order);
            if let Robot::Runner(runner) = who {
                self.crowd.puts_down(runner, order);
            }
        }
        let heard = (who, about, kind);
        match who {
            Robot::Student(_) => self.reacts(heard, &super::student::REACTIONS, Action::Student),
            Robot::Runner(_) => self.reacts(heard, &super::runner::REACTIONS, Action::Runner),
            Robot::Operator => self.reacts(heard, &super::operator::REACTIONS, Action::Operator),
            Robot::World => {}
        }
        Ok(())
    }

    fn reacts<D: Copy>(
        &mut self,
        (who, about, kind): (Robot, Option<OrderId>, NoticeKind),
        reactions: &[Reaction<D>],
        action: fn(D) -> Action,
    ) {
        for reaction in reactions.iter().filter(|it| (it.told)(kind)) {
            if self.dice.happens((reaction.chance)(&self.habits)) {
                self.note(who, action(reaction.action), about, reaction.after);
            }
        }
    }

    fn goes(&mut self, Errand { who, action, about }: Errand) -> Done {
        match (who, action) {
            (Robot::Student(student), Action::Student(action)) => {
                self.student(student, action, about)
            }
            (Robot::Runner(runner), Action::Runner(action)) => self.runner(runner, action, about),
            (_, Action::Operator(action)) => self.operator(action, about),
            (_, Action::World(action)) => self.outside(action, about),
            (Robot::Operator | Robot::World | Robot::Student(_) | Robot::Runner(_), _) => Ok(()),
        }
    }

    /// Notes an errand that is due after a time drawn from `after`.
    pub(super) fn note(&mut self, who: Robot, action: Action, about: Option<OrderId>, after: Span) {
        let Span(least, most) = after;
        let at = self.world.now().plus(self.dice.between(least, most));
        self.agenda.note(at, Errand { who, action, about });
    }

    /// Draws whether something happens that has this chance.
    pub(super) fn chance(&mut self, of: fn(&Habits) -> PerMille) -> bool {
        self.dice.happens(of(&self.habits))
    }

    /// Whether this fate befalls an order; the answer is always the same for the same order.
    pub(super) fn fate(&self, order: OrderId, fate: Fate, of: fn(&Habits) -> PerMille) -> bool {
        let respect = fate as u64;
        let bytes = order.as_bytes();
        let id = bytes.iter().fold(0_u64, |id, byte| {
            id.wrapping_mul(257).wrapping_add(u64::from(*byte))
        });
        Seeded::new(id ^ respect.wrapping_mul(0x9e37_79b9_7f4a_7c15)).happens(of(&self.habits))
    }

    /// Looks at an order; `None` if that is refused.
    pub(super) fn see(&mut self, order: OrderId) -> Result<Option<OrderView>, Deviation> {
        let view = self.world.order_view(order);
        self.answered("look", view)
    }

    /// Gives an order a command; returns whether it was accepted.
    pub(super) fn act(
        &mut self,
        who: Principal,
        order: OrderId,
        command: Command,
    ) -> Result<bool, Deviation> {
        let (name, answer) = (command.name(), self.world.act(who, order, command));
        Ok(self.answered(name, answer)?.is_some())
    }

    /// Gives a wallet a command; returns whether it was accepted.
    pub(super) fn pays(
        &mut self,
        who: Principal,
        of: UserId,
        command: wallet::Command,
    ) -> Result<bool, Deviation> {
        let name = match command {
            wallet::Command::RequestPayout { .. } => "payout",
            wallet::Command::PayDebt { .. } => "pay_debt",
            wallet::Command::WriteOff { .. } => "write_off",
            wallet::Command::TopUp { .. } => "top_up",
            wallet::Command::Retry { .. } => "retry_wallet",
            wallet::Command::Withdraw { .. } => "withdraw",
            wallet::Command::Chargeback { .. }
            | wallet::Command::Answered { .. }
            | wallet::Command::TimerDue { .. }
            | wallet::Command::SetClockBack { .. } => "not a person's",
        };
        let answer = self.world.wallet(who, of, command);
        Ok(self.answered(name, answer)?.is_some())
    }

    /// Unwraps an answer; a refusal is counted under the name `what` and becomes `None`.
    pub(super) fn answered<T>(
        &mut self,
        what: &'static str,
        answer: Answer<T>,
    ) -> Result<Option<T>, Deviation> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(WorldError::Refused(code)) => {
                self.tally.refused(what, code);
                Ok(None)
            }
            Err(WorldError::Fault(deviation)) => Err(deviation),
        }
    }

    /// Draws a part of an amount: between `least` and `most` hundredths of it, and at least one cent.
    pub(super) fn part_of(&mut self, whole: Cents, least: u64, most: u64) -> Cents {
        let hundredths = i64::try_from(self.dice.between(least, most)).unwrap_or(100);
        Cents((whole.0 * hundredths / 100).max(1))
    }
}

/// A text of a robot. Robots have no keys, so it is wrapped without sealing.
pub(super) fn words(text: &str) -> Sealed {
    Sealed(text.as_bytes().to_vec())
}

/// Whether a notice tells that its order has ended, or that the notified runner does not have it any more.
const fn is_an_end(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::Completed
            | NoticeKind::Cancelled
            | NoticeKind::NobodyCame
            | NoticeKind::PaymentFailed { .. }
            | NoticeKind::RunnerReleased
            | NoticeKind::Paid { .. }
    )
}

fn fault(error: WorldError) -> Deviation {
    match error {
        WorldError::Fault(deviation) => deviation,
        WorldError::Refused(code) => Deviation::new("the campus to take it", code),
    }
}
