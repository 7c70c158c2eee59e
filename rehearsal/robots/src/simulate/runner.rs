//! Robots that run: from the board to the door, and every trouble in between.
//!
//! A runner notes each step when the step before is done; what they can't foresee comes as a reaction to a notice.

mod at_the_door;
mod at_the_store;

use super::{
    day::{
        Action as DayAction, Day, Done, Fate, Reaction, Span, hours, minutes, on, seconds, words,
    },
    habits::PerMille,
    people::Robot,
    world::{OnBoard, World},
};
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, UserId},
    money::Cents,
    notice::NoticeKind as Told,
    order::{Command, Problem},
    owner::wallet,
};

/// What a runner does when an errand is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Looks at the board for work.
    LooksAtTheBoard,
    /// Accepts an order that they saw there.
    Accepts,
    /// Gives the order back.
    GivesBack,
    /// Reports the arrival at the store.
    Arrives,
    /// Looks for the items, and buys them or opens a proposal.
    Shops,
    /// Withdraws a proposal.
    Withdraws,
    /// Reports the purchase although the customer cancels.
    HasPaid,
    /// Reports that the food is in hand.
    Collects,
    /// Reports that they are on the way.
    Departs,
    /// Reports a problem on the way.
    Reports,
    /// Tries to hand the food over.
    Knocks,
    /// Writes to a customer who is not at the door.
    Calls,
    /// Reports that the customer can't be reached.
    GivesUpCalling,
    /// Leaves the food at the door after the wait, or takes it back.
    LeavesOrReturns,
    /// Writes to the customer.
    Writes,
    /// Adds a statement to an open dispute.
    Replies,
    /// Rates the customer.
    Rates,
    /// Opens a dispute for a trip that was not paid.
    Claims,
    /// Requests a payout of the wallet.
    AsksForAPayout,
}

/// The reactions of runners to notices.
#[rustfmt::skip]
pub(super) const REACTIONS: [Reaction<Action>; 11] = [
    on(|it| matches!(it, Told::ProposalClosed), |_| 1000, seconds(20, 240), Action::Shops),
    on(|it| matches!(it, Told::CancelWaiting), |h| h.agrees_to_cancel, seconds(10, 110), Action::GivesBack),
    on(|it| matches!(it, Told::CancelWaiting), |h| h.has_paid_already, seconds(5, 100), Action::HasPaid),
    on(|it| matches!(it, Told::CustomerIsThere), |_| 1000, seconds(20, 120), Action::Knocks),
    on(|it| matches!(it, Told::NoShowOver), |_| 1000, seconds(10, 200), Action::LeavesOrReturns),
    on(|it| matches!(it, Told::Message), |_| 300, seconds(20, 200), Action::Writes),
    on(|it| matches!(it, Told::DisputeReplied), |h| h.replies / 2, hours(1, 12), Action::Replies),
    on(|it| matches!(it, Told::Disputed { .. }), |h| h.replies, hours(1, 12), Action::Replies),
    on(|it| matches!(it, Told::PleaseRate), |h| h.rates, minutes(1, 600), Action::Rates),
    on(|it| matches!(it, Told::Cancelled), |h| h.claims_for_the_trip, hours(1, 60), Action::Claims),
    on(|it| matches!(it, Told::Paid { .. } | Told::Tipped { .. }), |h| h.asks_for_a_payout / 3, hours(8, 48), Action::AsksForAPayout),
];

impl<W: World> Day<W> {
    pub(super) fn runner(&mut self, i: usize, action: Action, about: Option<OrderId>) -> Done {
        let user = self.crowd.runners[i];
        let who = Principal::User(user);
        let Some(order) = about else {
            return match action {
                Action::AsksForAPayout => self.asks_for_a_payout(user),
                _ => self.looks(i, user),
            };
        };
        match action {
            Action::LooksAtTheBoard => self.looks(i, user),
            Action::AsksForAPayout => self.asks_for_a_payout(user),
            Action::Accepts => self.accepts(i, user, order),
            Action::GivesBack => self.gives_back(i, order),
            Action::Arrives => self.arrives(i, order),
            Action::Shops => self.shops(i, order),
            Action::HasPaid => self.buys(i, order),
            Action::Withdraws => self.withdraws(i, order),
            Action::Collects => self.collects(i, order),
            Action::Departs => self.departs(i, order),
            Action::Reports => self.reports(who, order, Problem::Other, None),
            Action::Knocks => self.knocks(i, order),
            Action::Calls => self.calls(i, order),
            Action::GivesUpCalling => self.reports(who, order, Problem::CustomerUnreachable, None),
            Action::LeavesOrReturns => self.leaves_or_returns(user, order),
            Action::Writes => {
                let text = words("On my way.");
                self.act(who, order, Command::Message { text }).map(drop)
            }
            Action::Replies => self.replies(who, order),
            Action::Rates => self.rates(who, order),
            Action::Claims => self.claims_for_the_trip(who, order),
        }
    }

    fn then(&mut self, i: usize, action: Action, order: OrderId, after: Span) {
        self.note(
            Robot::Runner(i),
            DayAction::Runner(action),
            Some(order),
            after,
        );
    }

    /// Looks at the board, perhaps decides to accept an order, and notes the next look: often while students order, seldom
    /// while orders are open, and then no more.
    fn looks(&mut self, i: usize, user: UserId) -> Done {
        let (now, open) = (self.world.now(), self.world.now() < self.closes_at);
        let went_home = self.crowd.shifts[i].is_some_and(|until| now >= until);
        if went_home || (!open && self.crowd.open.is_empty()) {
            return Ok(());
        }
        let again = if open { minutes(1, 8) } else { minutes(8, 25) };
        self.note(
            Robot::Runner(i),
            DayAction::Runner(Action::LooksAtTheBoard),
            None,
            again,
        );
        if self.crowd.load(i) > 1 || (self.crowd.load(i) > 0 && self.dice.happens(700)) {
            return Ok(());
        }
        let board = self.world.board(user);
        let mut board = self.answered("board", board)?.unwrap_or_default();
        let first = self.dice.below(board.len() as u64) as usize;
        board.rotate_left(first);
        for row in board {
            if self.appeals(row) {
                self.then(i, Action::Accepts, row.order, seconds(3, 60));
                break;
            }
        }
        Ok(())
    }

    /// Draws whether the runner wants this order; a higher reward makes it more likely.
    fn appeals(&mut self, row: OnBoard) -> bool {
        let OnBoard { order, reward } = row;
        if self.fate(order, Fate::Unwanted, |h| h.nobody_wants_it) {
            return false;
        }
        let usual = i64::from(self.habits.takes_an_order);
        let chance = usual * reward.0.clamp(200, 1000) / 500;
        self.dice.happens(PerMille::try_from(chance).unwrap_or(0))
    }

    fn accepts(&mut self, i: usize, runner: UserId, order: OrderId) -> Done {
        if !self.act(Principal::User(runner), order, Command::Accept { runner })? {
            return Ok(());
        }
        self.crowd.takes(i, order);
        // Whoever takes it over from another does better.
        let first = self.crowd.is_the_first(order);
        if first && self.fate(order, Fate::Forgotten, |h| h.forgets_the_order) {
            self.crowd.puts_down(i, order);
        } else if first && self.fate(order, Fate::GivenBack, |h| h.gives_back) {
            self.then(i, Action::GivesBack, order, minutes(1, 10));
        } else {
            self.then(i, Action::Arrives, order, minutes(3, 13));
        }
        Ok(())
    }

    fn gives_back(&mut self, i: usize, order: OrderId) -> Done {
        let who = Principal::User(self.crowd.runners[i]);
        self.act(who, order, Command::CancelAcceptance)?;
        self.crowd.puts_down(i, order);
        Ok(())
    }

    fn arrives(&mut self, i: usize, order: OrderId) -> Done {
        let who = Principal::User(self.crowd.runners[i]);
        if !self.act(who, order, Command::ArriveOnSite)? {
            return Ok(());
        }
        let first = self.crowd.is_the_first(order);
        if first && self.fate(order, Fate::GoneFromTheStore, |h| h.is_gone_from_the_store) {
            self.crowd.puts_down(i, order);
        } else if first && self.fate(order, Fate::GivenBackLate, |h| h.gives_back_at_the_store) {
            self.then(i, Action::GivesBack, order, minutes(2, 12));
        } else {
            self.then(i, Action::Shops, order, minutes(2, 14));
        }
        Ok(())
    }

    fn collects(&mut self, i: usize, order: OrderId) -> Done {
        let who = Principal::User(self.crowd.runners[i]);
        if self.act(who, order, Command::Collect)? {
            self.then(i, Action::Departs, order, seconds(20, 150));
        }
        Ok(())
    }

    fn departs(&mut self, i: usize, order: OrderId) -> Done {
        let who = Principal::User(self.crowd.runners[i]);
        if !self.act(who, order, Command::Depart)? {
            return Ok(());
        }
        if self.fate(order, Fate::Problem, |h| h.reports_a_problem) {
            self.then(i, Action::Reports, order, minutes(1, 6));
        }
        if self.fate(order, Fate::GoneWithTheFood, |h| h.is_gone_with_the_food) {
            self.crowd.puts_down(i, order);
            return Ok(());
        }
        let ride = match self.fate(order, Fate::Slow, |h| h.is_slow) {
            true => minutes(40, 110),
            false => minutes(3, 16),
        };
        self.then(i, Action::Knocks, order, ride);
        Ok(())
    }

    fn reports(
        &mut self,
        who: Principal,
        order: OrderId,
        kind: Problem,
        photo: Option<PhotoId>,
    ) -> Done {
        let note = (kind == Problem::Other).then(|| words("The bridge is closed."));
        let report = Command::ReportProblem { kind, photo, note };
        self.act(who, order, report).map(drop)
    }

    fn claims_for_the_trip(&mut self, who: Principal, order: OrderId) -> Done {
        let dispute = Command::Dispute {
            claim: Some(Cents(199)),
            reason: words("I had been on the way for ten minutes."),
            photos: vec![],
        };
        self.act(who, order, dispute).map(drop)
    }

    fn asks_for_a_payout(&mut self, user: UserId) -> Done {
        let wallet_balance = self.world.wallet_balance(user);
        let wallet_balance = self.answered("wallet", wallet_balance)?.unwrap_or_default();
        let cents = wallet_balance.available - wallet_balance.debt.min(wallet_balance.available);
        if !cents.is_positive() || !self.chance(|h| h.asks_for_a_payout) {
            return Ok(());
        }
        let payout = wallet::Command::RequestPayout { cents };
        self.pays(Principal::User(user), user, payout).map(drop)
    }
}
