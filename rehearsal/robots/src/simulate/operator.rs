//! Robots that operate the platform: they react to alarms, go on rounds, decide disputes and settle the platform's money.

use super::{
    day::{Action as DayAction, Day, Done, Fate, Reaction, Span, hours, minutes, on, words},
    people::Robot,
    world::{OrderView, World},
};
use campusg_domain::{
    id::{OrderId, Principal},
    money::Cents,
    notice::NoticeKind as Told,
    order::{Command, Ending, Fault, Party, Status},
    owner::wallet::{self, PLATFORM},
};

/// What an operator does when an errand is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Looks at an open order, and sometimes intervenes.
    GoesOnARound,
    /// Settles an order whose runner disappeared at the store.
    EndsItAtTheStore,
    /// Gives up a runner who disappeared with the food.
    GivesTheRunnerUp,
    /// Puts an order on hold.
    Holds,
    /// Ends the hold.
    LetsGo,
    /// Decides a dispute.
    Judges,
    /// Opens a dispute after the bank took the charge back.
    OpensACase,
    /// Refunds something after a bad end.
    GivesGoodwill,
    /// Retries, skips or compensates a step that keeps failing.
    TendsToWhatIsStalled,
    /// Writes off a debt that was never paid.
    WritesOff,
    /// Covers losses and takes earned fees out.
    KeepsTheBooks,
}

/// The reactions of operators to notices.
#[rustfmt::skip]
pub(super) const REACTIONS: [Reaction<Action>; 12] = [
    on(|it| matches!(it, Told::StoreWaitLong), |_| 900, minutes(3, 30), Action::EndsItAtTheStore),
    on(|it| matches!(it, Told::Late), |_| 700, minutes(5, 40), Action::GivesTheRunnerUp),
    on(|it| matches!(it, Told::Overdue), |_| 800, hours(1, 5), Action::GivesTheRunnerUp),
    on(|it| matches!(it, Told::ProblemReported), |h| h.holds_a_problem, minutes(1, 10), Action::Holds),
    on(|it| matches!(it, Told::Disputed { .. }), |h| 1000 - h.forgets_a_dispute, hours(1, 40), Action::Judges),
    on(|it| matches!(it, Told::DisputeWaits), |_| 300, hours(1, 20), Action::Judges),
    on(|it| matches!(it, Told::Cancelled), |h| h.gives_goodwill, hours(1, 30), Action::GivesGoodwill),
    on(|it| matches!(it, Told::ProblemReported), |h| h.gives_goodwill, hours(2, 30), Action::GivesGoodwill),
    on(|it| matches!(it, Told::Late), |h| h.gives_goodwill, hours(6, 30), Action::GivesGoodwill),
    on(|it| matches!(it, Told::RenewCard { .. }), |_| 1000, hours(70, 200), Action::WritesOff),
    on(|it| matches!(it, Told::StepStalled), |_| 500, minutes(5, 90), Action::TendsToWhatIsStalled),
    on(|it| matches!(it, Told::CashShort { .. }), |_| 1000, minutes(5, 60), Action::KeepsTheBooks),
];

impl<W: World> Day<W> {
    pub(super) fn operator(&mut self, action: Action, about: Option<OrderId>) -> Done {
        let who = self.an_operator();
        let Some(order) = about else {
            return match action {
                Action::KeepsTheBooks => self.keeps_the_books(who),
                _ => self.goes_on_a_round(),
            };
        };
        match action {
            Action::GoesOnARound => self.goes_on_a_round(),
            Action::KeepsTheBooks => self.keeps_the_books(who),
            Action::EndsItAtTheStore | Action::GivesTheRunnerUp
                if self.fate(order, Fate::Overlooked, |h| h.is_overlooked) =>
            {
                Ok(())
            }
            Action::EndsItAtTheStore => self.ends_it_at_the_store(who, order),
            Action::GivesTheRunnerUp => self.gives_the_runner_up(who, order),
            Action::Holds => self.holds(who, order),
            Action::LetsGo => {
                let reason = words("looked at");
                self.act(who, order, Command::Unhold { reason }).map(drop)
            }
            Action::Judges => self.judges(who, order),
            Action::OpensACase => self.opens_a_case(who, order),
            Action::GivesGoodwill => self.gives_goodwill(who, order),
            Action::TendsToWhatIsStalled => self.tends_to_what_is_stalled(who, order),
            Action::WritesOff => self.writes_off(who, order),
        }
    }

    /// Draws one of the operators.
    fn an_operator(&mut self) -> Principal {
        let operators = self.crowd.operators.len() as u64;
        Principal::Operator(self.crowd.operators[self.dice.below(operators) as usize])
    }

    fn follows(&mut self, action: Action, order: OrderId, after: Span) {
        self.note(
            Robot::Operator,
            DayAction::Operator(action),
            Some(order),
            after,
        );
    }

    /// Looks at one open order and perhaps intervenes; notes the next round for 5 to 20 minutes later.
    fn goes_on_a_round(&mut self) -> Done {
        let open = self.crowd.open.len() as u64;
        if open == 0 && self.world.now() >= self.closes_at {
            return Ok(());
        }
        let again = DayAction::Operator(Action::GoesOnARound);
        self.note(Robot::Operator, again, None, minutes(5, 20));
        let nth = self.dice.below(open) as usize;
        let Some(order) = self.crowd.open.iter().nth(nth).copied() else {
            return Ok(());
        };
        let who = self.an_operator();
        let Some(view) = self.see(order)? else {
            return Ok(());
        };
        if view.status == Status::Accepted && self.chance(|h| h.reassigns_on_a_round) {
            let reason = words("the runner does not move");
            return self.act(who, order, Command::Reassign { reason }).map(drop);
        }
        if self.chance(|h| h.holds_on_a_round) {
            return self.holds(who, order);
        }
        match self.chance(|h| h.settles_on_a_round) {
            true => self.settles(who, &view),
            false => Ok(()),
        }
    }

    fn holds(&mut self, who: Principal, order: OrderId) -> Done {
        let reason = words("looks odd");
        if self.act(who, order, Command::Hold { reason })? {
            self.follows(Action::LetsGo, order, minutes(5, 60));
        }
        Ok(())
    }

    /// Transition 40: settles an order, with a share for the runner that fits its stage.
    fn settles(&mut self, who: Principal, view: &OrderView) -> Done {
        let bought = view.is_under_way() || view.status == Status::Delivered;
        let ending = match (bought, view.runner) {
            _ if self.dice.happens(100) => Ending::ToCustomer,
            (true, _) if self.dice.happens(200) => Ending::ToRunner,
            (true, _) => Ending::Divide {
                refund: self.part_of(view.charged, 0, 100),
                at_fault: self.at_fault(),
            },
            (false, Some(_)) => Ending::Trip {
                to_runner: Cents(i64::try_from(self.dice.between(1, 7) * 50).unwrap_or(0)),
            },
            (false, None) => Ending::Trip {
                to_runner: Cents::ZERO,
            },
        };
        let reason = words("it can't go on like this");
        let settle = Command::Settle { ending, reason };
        self.act(who, view.id, settle).map(drop)
    }

    fn ends_it_at_the_store(&mut self, who: Principal, order: OrderId) -> Done {
        match self.sees_at(order, Status::OnSite)? {
            Some(view) if view.asked.is_none() => self.settles(who, &view),
            Some(_) | None => Ok(()),
        }
    }

    fn gives_the_runner_up(&mut self, who: Principal, order: OrderId) -> Done {
        let reason = words("the runner does not answer");
        match self.see(order)?.filter(OrderView::is_under_way) {
            Some(_) => self.act(who, order, Command::Abandon { reason }).map(drop),
            None => Ok(()),
        }
    }

    fn at_fault(&mut self) -> Fault {
        if self.chance(|h| h.finds_the_runner_at_fault) {
            return Fault::Runner;
        }
        match self.dice.below(3) {
            0 => Fault::Customer,
            1 => Fault::Store,
            _ => Fault::Platform,
        }
    }

    fn judges(&mut self, who: Principal, order: OrderId) -> Done {
        let claimed = self.see(order)?.and_then(|view| view.claimed);
        let Some(claimed) = claimed else {
            return Ok(());
        };
        let refund = match self.chance(|h| h.decides_for_the_claimant) {
            true => self.part_of(claimed.claim, 30, 100),
            false => Cents::ZERO,
        };
        let at_fault = match claimed.by {
            Party::Runner => Fault::Customer,
            Party::Customer | Party::Operator => self.at_fault(),
        };
        let resolve = Command::Resolve {
            dispute: claimed.n,
            refund,
            at_fault,
            reason: words("after what both sides said"),
        };
        self.act(who, order, resolve).map(drop)
    }

    fn opens_a_case(&mut self, who: Principal, order: OrderId) -> Done {
        let dispute = Command::Dispute {
            claim: None,
            reason: words("the bank took the charge back"),
            photos: vec![],
        };
        self.act(who, order, dispute).map(drop)
    }

    fn gives_goodwill(&mut self, who: Principal, order: OrderId) -> Done {
        let Some(view) = self.see(order)? else {
            return Ok(());
        };
        if !view.refundable.is_positive() {
            return Ok(());
        }
        let cents = self.part_of(view.refundable, 10, 50);
        let reason = words("sorry for the trouble");
        let refund = Command::Refund { cents, reason };
        self.act(who, order, refund).map(drop)
    }

    /// Retries the failing step in most cases; sometimes skips or compensates it.
    fn tends_to_what_is_stalled(&mut self, who: Principal, order: OrderId) -> Done {
        let reason = words("it fails and fails");
        let remedy = match self.dice.below(4) {
            0 => Command::SkipStalled { reason },
            1 => Command::CompensateStalled { reason },
            _ => Command::RetryStalled { reason },
        };
        self.act(who, order, remedy).map(drop)
    }

    fn writes_off(&mut self, who: Principal, order: OrderId) -> Done {
        let Some(view) = self.see(order)? else {
            return Ok(());
        };
        let customer = view.customer;
        let wallet_balance = self.world.wallet_balance(customer);
        let owed = self
            .answered("wallet", wallet_balance)?
            .unwrap_or_default()
            .debt;
        if !owed.is_positive() {
            return Ok(());
        }
        let reason = words("nobody will ever pay this");
        let write_off = wallet::Command::WriteOff {
            cents: Some(owed),
            reason,
        };
        self.pays(who, customer, write_off)?;
        let books = DayAction::Operator(Action::KeepsTheBooks);
        self.note(Robot::Operator, books, None, hours(1, 24));
        Ok(())
    }

    /// Transition 44: covers losses, and takes out most of the earned fees.
    fn keeps_the_books(&mut self, who: Principal) -> Done {
        let wallet_balance = self.world.wallet_balance(PLATFORM);
        let Some(wallet_balance) = self.answered("wallet", wallet_balance)? else {
            return Ok(());
        };
        let reason = words("the books of the day");
        if wallet_balance.debt.is_positive() {
            let cents = wallet_balance.debt;
            let top_up = wallet::Command::TopUp {
                cents,
                reason: reason.clone(),
            };
            self.pays(who, PLATFORM, top_up)?;
        }
        if wallet_balance.available.is_positive() {
            let cents = self.part_of(wallet_balance.available, 50, 90);
            let withdraw = wallet::Command::Withdraw { cents, reason };
            self.pays(who, PLATFORM, withdraw)?;
        }
        Ok(())
    }
}
