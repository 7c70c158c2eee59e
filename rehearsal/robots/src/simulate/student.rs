//! Robots that order: what they wish for, and how they react to notices.

mod wish;

use super::{
    day::{Action as DayAction, Day, Done, Fate, Reaction, hours, minutes, on, seconds, words},
    outside,
    people::Robot,
    world::{OrderView, World},
};
use campusg_client::Deviation;
use campusg_domain::{
    id::{OrderId, Principal, StoreId, UserId},
    money::Cents,
    notice::NoticeKind as Told,
    order::{Command, ProposalKind, Status, StoreRef},
    owner::wallet,
};
use campusg_simulation::Behaviour;

/// What a student does when an errand is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Places an order.
    Orders,
    /// Answers the bank that asks for a confirmation of the payment.
    AnswersTheBank,
    /// Stores another card, and orders again.
    TriesAnotherCard,
    /// Cancels the order if that is free.
    CancelsForNothing,
    /// Cancels the order, whatever it costs.
    CancelsForAPrice,
    /// Decides the runner's proposal.
    Decides,
    /// Writes to the runner.
    Writes,
    /// Tells the runner at the door that they are there after all.
    AnswersTheDoor,
    /// Confirms the delivery.
    Confirms,
    /// Opens a dispute.
    Claims,
    /// Adds a statement to an open dispute.
    Replies,
    /// Rates the runner.
    Rates,
    /// Adds a tip after the end.
    Tips,
    /// Stores a new card, which pays the debt.
    RenewsTheCard,
    /// Pays the debt with the card on file.
    PaysTheDebt,
}

/// The reactions of students to notices.
#[rustfmt::skip]
pub(super) const REACTIONS: [Reaction<Action>; 28] = [
    on(|it| matches!(it, Told::PaymentPending), |h| h.cancels_before_a_runner / 3, seconds(1, 90), Action::CancelsForNothing),
    on(|it| matches!(it, Told::PaymentActionRequired), |h| h.confirms_with_the_bank + h.refuses_at_the_bank, seconds(15, 400), Action::AnswersTheBank),
    on(|it| matches!(it, Told::PaymentFailed { .. }), |h| h.tries_another_card, minutes(1, 10), Action::TriesAnotherCard),
    on(|it| matches!(it, Told::NobodyCame), |h| h.orders_again, minutes(1, 15), Action::Orders),
    on(|it| matches!(it, Told::OrderCreated), |h| h.cancels_before_a_runner, minutes(1, 25), Action::CancelsForNothing),
    on(|it| matches!(it, Told::OrderAccepted), |h| h.cancels_in_the_grace, seconds(10, 150), Action::CancelsForNothing),
    on(|it| matches!(it, Told::OrderAccepted), |h| h.cancels_on_the_trip, minutes(2, 8), Action::CancelsForAPrice),
    on(|it| matches!(it, Told::RunnerOnSite), |h| h.cancels_at_the_store, minutes(1, 9), Action::CancelsForAPrice),
    on(|it| matches!(it, Told::StoreWaitLong), |_| 300, minutes(1, 9), Action::CancelsForAPrice),
    on(|it| matches!(it, Told::Proposed { .. }), |h| 1000 - h.misses_a_proposal, seconds(10, 240), Action::Decides),
    on(|it| matches!(it, Told::RaiseFailed { .. }), |h| 1000 - h.misses_a_proposal, seconds(10, 120), Action::Decides),
    on(|it| matches!(it, Told::Purchased { .. }), |h| h.cancels_bought_food, minutes(1, 9), Action::CancelsForAPrice),
    on(|it| matches!(it, Told::OnTheWay), |h| h.writes, minutes(1, 4), Action::Writes),
    on(|it| matches!(it, Told::Late), |_| 500, minutes(1, 9), Action::Writes),
    on(|it| matches!(it, Told::Message), |_| 500, seconds(20, 300), Action::Writes),
    on(|it| matches!(it, Told::RunnerAtTheDoor), |h| h.answers_after_all, seconds(30, 400), Action::AnswersTheDoor),
    on(|it| matches!(it, Told::Delivered), |h| h.disputes, minutes(1, 15), Action::Claims),
    on(|it| matches!(it, Told::Delivered), |h| h.confirms_delivery, minutes(1, 19), Action::Confirms),
    on(|it| matches!(it, Told::ConfirmOrDispute { .. }), |h| h.disputes, minutes(1, 15), Action::Claims),
    on(|it| matches!(it, Told::ConfirmOrDispute { .. }), |_| 1000, minutes(16, 60), Action::Confirms),
    on(|it| matches!(it, Told::OnTheWay), |_| 20, minutes(8, 16), Action::Confirms),
    on(|it| matches!(it, Told::Completed), |h| h.rates, minutes(1, 600), Action::Rates),
    on(|it| matches!(it, Told::Completed), |h| h.tips_later, hours(1, 120), Action::Tips),
    on(|it| matches!(it, Told::Completed), |h| h.opens_a_case, hours(1, 160), Action::Claims),
    on(|it| matches!(it, Told::Cancelled), |h| h.opens_a_case, hours(1, 60), Action::Claims),
    on(|it| matches!(it, Told::DisputeReplied), |h| h.replies, hours(1, 12), Action::Replies),
    on(|it| matches!(it, Told::RenewCard { .. }), |h| h.renews_card, hours(1, 60), Action::RenewsTheCard),
    on(|it| matches!(it, Told::RenewCard { .. }), |h| h.pays_by_hand, hours(1, 60), Action::PaysTheDebt),
];

/// A store that is not in the operators' directory.
fn the_stand_at_the_corner() -> StoreRef {
    StoreRef::Described {
        name: "The stand at the corner".into(),
        place: "Main street 1".into(),
    }
}

#[cfg(test)]
pub(super) use wish::lunch;

impl<W: World> Day<W> {
    pub(super) fn student(&mut self, i: usize, action: Action, about: Option<OrderId>) -> Done {
        let user = self.crowd.students[i];
        let Some(order) = about else {
            return self.hungry(i, user);
        };
        let who = Principal::User(user);
        match action {
            Action::Orders => self.hungry(i, user),
            Action::TriesAnotherCard => {
                let card = self.another_card();
                let answer = self.world.new_card(user, card);
                self.answered("new_card", answer)?;
                self.hungry(i, user)
            }
            Action::RenewsTheCard => {
                let card = self.another_card();
                let answer = self.world.new_card(user, card);
                self.answered("new_card", answer).map(drop)
            }
            Action::PaysTheDebt => {
                let pay = wallet::Command::PayDebt { cents: None };
                self.pays(who, user, pay).map(drop)
            }
            Action::AnswersTheBank => self.answers_the_bank(order),
            Action::CancelsForNothing => self.cancels(who, order, false),
            Action::CancelsForAPrice => self.cancels(who, order, true),
            Action::Decides => self.decides(who, order),
            Action::Writes => self.writes(who, order),
            Action::AnswersTheDoor => self.act(who, order, Command::AnswerNoShow).map(drop),
            Action::Confirms => self.act(who, order, Command::Confirm).map(drop),
            Action::Claims => self.claims(who, order),
            Action::Replies => self.replies(who, order),
            Action::Rates => self.rates(who, order),
            Action::Tips => self.tips(who, order),
        }
    }

    fn hungry(&mut self, i: usize, user: UserId) -> Done {
        if self.world.now() >= self.closes_at {
            return Ok(());
        }
        let wish = self.wish(user);
        let placed = self.world.place(wish);
        match self.answered("place", placed)? {
            Some(order) => {
                self.tally.placed(order, self.world.now());
                self.crowd.open.insert(order);
                if self.chance(|h| h.charges_back) {
                    let action = DayAction::World(outside::Action::TakesAChargeBack);
                    self.note(Robot::World, action, Some(order), hours(26, 300));
                }
            }
            // Another store may be open.
            None if self.dice.happens(500) => {
                let again = DayAction::Student(Action::Orders);
                self.note(Robot::Student(i), again, None, minutes(1, 4));
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn one_of_the_stores(&mut self) -> Option<StoreId> {
        let stores = self.crowd.stores.len() as u64;
        let one = self.dice.below(stores) as usize;
        self.crowd.stores.get(one).copied()
    }

    fn another_card(&mut self) -> Behaviour {
        let cards = self.habits.cards;
        self.drawn(cards, Behaviour::Succeeds)
    }

    fn answers_the_bank(&mut self, order: OrderId) -> Done {
        let (yes, no) = (
            self.habits.confirms_with_the_bank,
            self.habits.refuses_at_the_bank,
        );
        let says_yes = self.dice.below(u64::from((yes + no).max(1))) < u64::from(yes);
        let answer = self.world.answer_bank(order, says_yes);
        self.answered("answer_bank", answer).map(drop)
    }

    /// Cancels an order if it is free, or, with `pays`, whatever it costs now.
    fn cancels(&mut self, who: Principal, order: OrderId, pays: bool) -> Done {
        let price = self.world.cancel_price(order);
        let Some(Some(price)) = self.answered("cancellation_quote", price)? else {
            return Ok(());
        };
        let accept_charge = if pays { price } else { Cents::ZERO };
        let cancel = Command::Cancel { accept_charge };
        self.act(who, order, cancel).map(drop)
    }

    fn decides(&mut self, who: Principal, order: OrderId) -> Done {
        let Some(view) = self.see(order)? else {
            return Ok(());
        };
        let Some(asked) = &view.asked else {
            return Ok(());
        };
        let (proposal, kind) = (asked.n, asked.kind);
        let command = match kind {
            _ if self.chance(|h| h.rejects_a_proposal) => Command::Reject { proposal },
            ProposalKind::StoreClosed | ProposalKind::SoldOut => Command::OtherStore {
                proposal,
                store: self
                    .one_of_the_stores()
                    .map_or_else(the_stand_at_the_corner, StoreRef::Known),
            },
            ProposalKind::Price | ProposalKind::Substitution => match self.does_without(&view) {
                Some(items) => Command::DropItems { proposal, items },
                None => Command::Approve { proposal },
            },
        };
        self.act(who, order, command).map(drop)
    }

    /// Draws whether the student gives up an item, and returns its index; `None` if not, or if no other item would be left.
    fn does_without(&mut self, view: &OrderView) -> Option<Vec<u16>> {
        let named = view.asked.as_ref().and_then(|asked| asked.items.first());
        let first = view.items.first().map(|(line, _)| line);
        let line = *named.or(first)?;
        (view.items.len() > 1 && self.chance(|h| h.drops_items)).then(|| vec![line])
    }

    /// Writes to the runner, unless fate has it that the student is not there.
    fn writes(&mut self, who: Principal, order: OrderId) -> Done {
        if self.fate(order, Fate::NotThere, |h| h.is_not_there) {
            return Ok(());
        }
        let text = words("Where are you? I am at the main entrance.");
        self.act(who, order, Command::Message { text }).map(drop)
    }

    fn claims(&mut self, who: Principal, order: OrderId) -> Done {
        let Some(view) = self.see(order)? else {
            return Ok(());
        };
        if !view.charged.is_positive() {
            return Ok(());
        }
        let claim = match self.dice.happens(400) {
            true => None,
            false => Some(self.part_of(view.refundable, 10, 90)),
        };
        let photo = match self.dice.happens(500) {
            true => self.takes_a_photo(view.customer)?,
            false => None,
        };
        let dispute = Command::Dispute {
            claim,
            reason: words("Half of it was missing, and the rest was cold."),
            photos: photo.into_iter().collect(),
        };
        self.act(who, order, dispute).map(drop)
    }

    /// Adds a statement to the open dispute, as either party.
    pub(super) fn replies(&mut self, who: Principal, order: OrderId) -> Done {
        let claimed = self.see(order)?.and_then(|view| view.claimed);
        let Some(claimed) = claimed else {
            return Ok(());
        };
        let reply = Command::Reply {
            dispute: claimed.n,
            text: words("It was not as the other side says."),
            photos: vec![],
        };
        self.act(who, order, reply).map(drop)
    }

    /// Rates the other party, mostly well.
    pub(super) fn rates(&mut self, who: Principal, order: OrderId) -> Done {
        let stars = match self.dice.below(10) {
            0 => 1 + self.dice.below(2),
            1..=3 => 3 + self.dice.below(2),
            _ => 5,
        };
        let stars = u8::try_from(stars).unwrap_or(5);
        self.act(who, order, Command::Rate { stars }).map(drop)
    }

    fn tips(&mut self, who: Principal, order: OrderId) -> Done {
        let cents = self.dice.between(1, 10) * 50;
        let cents = Cents(i64::try_from(cents).unwrap_or(50));
        self.act(who, order, Command::Tip { cents }).map(drop)
    }

    /// The order if it still has this status, as when the errand was noted; else `None`.
    pub(super) fn sees_at(
        &mut self,
        order: OrderId,
        status: Status,
    ) -> Result<Option<OrderView>, Deviation> {
        let view = self.see(order)?;
        Ok(view.filter(|view| view.status == status))
    }
}
