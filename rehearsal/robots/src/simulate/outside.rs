//! What happens around the robots: the gateway fails, banks take charges back, stores pause, owners refuse votes.

use super::{
    day::{Action as DayAction, Day, Done, hours, minutes},
    operator,
    people::Robot,
    world::{Outside, World},
};
use campusg_domain::{
    id::OrderId,
    owner::wallet::ChargebackStage,
    time::{MINUTE_MS, SECOND_MS},
};

/// Something that happens outside of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// About an hour goes by, with the troubles that chance brings.
    AnHourPasses,
    /// A paused store takes orders again.
    StoresOpenAgain,
    /// The bank takes a charge back.
    TakesAChargeBack,
    /// The bank decides about that charge and gives it again.
    GivesItAgain,
    /// The bank decides about that charge and keeps it.
    KeepsIt,
}

impl<W: World> Day<W> {
    pub(super) fn outside(&mut self, action: Action, about: Option<OrderId>) -> Done {
        match (action, about) {
            (Action::TakesAChargeBack, Some(order)) => self.takes_a_charge_back(order),
            (Action::GivesItAgain, Some(order)) => {
                self.happens(Outside::Chargeback(order, ChargebackStage::Won))
            }
            (Action::KeepsIt, Some(order)) => {
                self.happens(Outside::Chargeback(order, ChargebackStage::Lost))
            }
            (Action::StoresOpenAgain, _) => self.stores_open_again(),
            (Action::AnHourPasses, _) => self.an_hour_passes(),
            (Action::TakesAChargeBack | Action::GivesItAgain | Action::KeepsIt, None) => Ok(()),
        }
    }

    fn happens(&mut self, what: Outside) -> Done {
        let done = self.world.happens(what);
        self.answered("outside", done).map(drop)
    }

    /// Draws the troubles of about an hour; goes on while students order or orders are open.
    fn an_hour_passes(&mut self) -> Done {
        if self.world.now() >= self.closes_at && self.crowd.open.is_empty() {
            return Ok(());
        }
        let again = DayAction::World(Action::AnHourPasses);
        self.note(Robot::World, again, None, minutes(50, 70));
        if self.chance(|h| h.gateway_is_down) {
            let for_ms = self.dice.between(30 * SECOND_MS, 6 * MINUTE_MS);
            self.happens(Outside::Outage { for_ms })?;
        }
        if self.chance(|h| h.bank_lets_go) {
            let open = self.crowd.open.len() as u64;
            let nth = self.dice.below(open) as usize;
            if let Some(order) = self.crowd.open.iter().nth(nth).copied() {
                self.happens(Outside::BankLetsGo(order))?;
            }
        }
        for question in self.habits.refusals {
            if self.chance(|h| h.owner_refuses) {
                self.happens(Outside::OwnerRefuses(*question))?;
            }
        }
        match self.chance(|h| h.store_pauses) {
            true => self.a_store_pauses(),
            false => Ok(()),
        }
    }

    fn a_store_pauses(&mut self) -> Done {
        let Some(store) = self.one_of_the_stores() else {
            return Ok(());
        };
        let paused = self.world.pause_store(store, true);
        self.answered("pause_store", paused)?;
        let again = DayAction::World(Action::StoresOpenAgain);
        self.note(Robot::World, again, None, minutes(15, 45));
        Ok(())
    }

    fn stores_open_again(&mut self) -> Done {
        for store in self.crowd.stores.clone() {
            let opened = self.world.pause_store(store, false);
            self.answered("pause_store", opened)?;
        }
        Ok(())
    }

    fn takes_a_charge_back(&mut self, order: OrderId) -> Done {
        let taken = self
            .world
            .happens(Outside::Chargeback(order, ChargebackStage::Open));
        if self.answered("outside", taken)? != Some(true) {
            return Ok(());
        }
        let case = DayAction::Operator(operator::Action::OpensACase);
        self.note(Robot::Operator, case, Some(order), hours(1, 20));
        let decided = match self.chance(|h| h.chargeback_is_won) {
            true => Action::GivesItAgain,
            false => Action::KeepsIt,
        };
        self.note(
            Robot::World,
            DayAction::World(decided),
            Some(order),
            hours(24, 200),
        );
        let off = DayAction::Operator(operator::Action::WritesOff);
        self.note(Robot::Operator, off, Some(order), hours(201, 300));
        Ok(())
    }
}
