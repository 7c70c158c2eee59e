//! Robots at the customer's door: they hand over against a PIN or show a photo, or nobody is there.

use super::Action;
use crate::simulate::{
    day::{Day, Done, Fate, Span, seconds, words},
    world::World,
};
use campusg_domain::{
    id::{OrderId, Principal, UserId},
    order::{Command, Handover, Problem, Shown, Status},
    time::MINUTE_MS,
};

/// Number of wrong PINs that a runner enters who never hears the right one.
const ALL_TRIES: u8 = 5;

impl<W: World> Day<W> {
    pub(super) fn knocks(&mut self, i: usize, order: OrderId) -> Done {
        let Some(view) = self.sees_at(order, Status::OnTheWay)? else {
            return Ok(());
        };
        let early_ms = view
            .deliver_after
            .map_or(0, |after| after.since(self.world.now()));
        if early_ms > 0 {
            let at_the_time = Span(early_ms, early_ms + MINUTE_MS);
            self.then(i, Action::Knocks, order, at_the_time);
            return Ok(());
        }
        let user = self.crowd.runners[i];
        let silent = self.crowd.calls(order) == 0;
        if view.handover == Handover::Door {
            self.shows_a_photo(user, order)
        } else if silent && self.fate(order, Fate::NotThere, |h| h.is_not_there) {
            self.calls(i, order)
        } else {
            self.hands_over(user, order)
        }
    }

    /// Hands the food over with the PIN, which the runner may mishear; shows a photo once no try is left.
    fn hands_over(&mut self, user: UserId, order: OrderId) -> Done {
        let pin = self.world.pin(order);
        let Some(pin) = self.answered("pin", pin)? else {
            return Ok(());
        };
        let never = self.fate(order, Fate::NeverHeard, |h| h.never_hears_the_pin);
        let wrong = match self.fate(order, Fate::Misheard, |h| h.mishears_the_pin) {
            _ if never => ALL_TRIES,
            true => 1,
            false => 0,
        };
        let who = Principal::User(user);
        for _ in 0..wrong {
            let shown = Shown::Pin((pin + 1) % 10_000);
            self.act(who, order, Command::Deliver { shown })?;
        }
        if never {
            return self.shows_a_photo(user, order);
        }
        let shown = Shown::Pin(pin);
        self.act(who, order, Command::Deliver { shown }).map(drop)
    }

    fn shows_a_photo(&mut self, user: UserId, order: OrderId) -> Done {
        let Some(photo) = self.takes_a_photo(user)? else {
            return Ok(());
        };
        let shown = Shown::Photo(photo);
        let deliver = Command::Deliver { shown };
        self.act(Principal::User(user), order, deliver).map(drop)
    }

    /// Writes to the customer; again after two minutes, and then reports that they can't be reached.
    pub(super) fn calls(&mut self, i: usize, order: OrderId) -> Done {
        let who = Principal::User(self.crowd.runners[i]);
        let text = words("I am at your door.");
        self.act(who, order, Command::Message { text })?;
        self.crowd.called(order);
        if self.crowd.calls(order) == 1 {
            self.then(i, Action::Calls, order, seconds(125, 180));
        } else {
            self.then(i, Action::GivesUpCalling, order, seconds(5, 60));
        }
        Ok(())
    }

    pub(super) fn leaves_or_returns(&mut self, user: UserId, order: OrderId) -> Done {
        if self.chance(|h| h.leaves_the_food) {
            return self.shows_a_photo(user, order);
        }
        let photo = self.takes_a_photo(user)?;
        self.reports(Principal::User(user), order, Problem::Returned, photo)
    }
}
