//! Robots at the store: what they find on the shelves, what they ask the customer, what they pay.

use super::Does;
use crate::simulate::{
    day::{Day, Done, minutes, seconds},
    world::{Sight, World},
};
use campusg_client::Deviation;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, UserId},
    money::Cents,
    order::{Command, Item, Offer, ProposalKind, ProposedItem, Status, Substitution},
};

impl<W: World> Day<W> {
    /// The first look at the shelves may bring a surprise; else the food is bought.
    pub(super) fn shops(&mut self, i: usize, order: OrderId) -> Done {
        let Some(sight) = self.sees_at(order, Status::OnSite)? else {
            return Ok(());
        };
        if sight.asked.is_some() || sight.cancel_waits {
            return Ok(());
        }
        match (sight.proposals == 0)
            .then(|| self.surprise(&sight))
            .flatten()
        {
            Some(offer) => self.proposes(i, &sight, offer),
            None => self.buys(i, order),
        }
    }

    /// What a runner finds at the store: kind and new total of a proposal.
    fn surprise(&mut self, sight: &Sight) -> Option<(ProposalKind, Option<Cents>)> {
        let (approved, estimate) = (sight.approved, sight.estimate);
        if self.chance(|h| h.finds_it_closed) {
            Some((ProposalKind::StoreClosed, None))
        } else if self.chance(|h| h.finds_it_sold_out) {
            Some((ProposalKind::SoldOut, None))
        } else if self.chance(|h| h.finds_it_very_dear) {
            Some((ProposalKind::Price, Some(self.part_of(estimate, 150, 200))))
        } else if self.chance(|h| h.finds_it_dear) {
            Some((ProposalKind::Price, Some(self.part_of(approved, 101, 125))))
        } else if self.chance(|h| h.finds_an_item_missing) {
            let asks = sight
                .items
                .iter()
                .any(|(_, wish)| *wish == Substitution::Ask);
            let total = match asks {
                true => self.part_of(estimate, 85, 110),
                false => approved + Cents(50),
            };
            Some((ProposalKind::Substitution, Some(total)))
        } else {
            None
        }
    }

    fn proposes(
        &mut self,
        i: usize,
        sight: &Sight,
        (kind, total): (ProposalKind, Option<Cents>),
    ) -> Done {
        let (user, order) = (self.crowd.runners[i], sight.id);
        let Some(photo) = self.takes_a_photo(user)? else {
            return Ok(());
        };
        let asks = |line: &&(u16, Substitution)| line.1 == Substitution::Ask;
        let line = sight.items.iter().find(asks).or(sight.items.first());
        let missing = line.map(|(item, _)| ProposedItem {
            item: *item,
            offer: Some(Item {
                name: "Something like it".into(),
                quantity: 1,
                unit_price: Cents(700),
                substitution: Substitution::Drop,
            }),
        });
        let substitution = kind == ProposalKind::Substitution;
        let offer = Offer {
            kind,
            total,
            items: missing.filter(|_| substitution).into_iter().collect(),
            photo,
        };
        let propose = Command::Propose { offer, note: None };
        let who = Principal::User(user);
        if !self.act(who, order, propose)? {
            self.then(i, Does::HasPaid, order, minutes(1, 4));
        } else if self.chance(|h| h.withdraws) {
            self.then(i, Does::Withdraws, order, seconds(20, 200));
        }
        Ok(())
    }

    pub(super) fn withdraws(&mut self, i: usize, order: OrderId) -> Done {
        let open = self.see(order)?.and_then(|sight| sight.asked);
        let Some(open) = open else {
            return Ok(());
        };
        let (who, proposal) = (Principal::User(self.crowd.runners[i]), open.n);
        if self.act(who, order, Command::Withdraw { proposal })? {
            self.then(i, Does::Shops, order, seconds(20, 200));
        }
        Ok(())
    }

    /// Buys for about what was expected, and never for more than was approved.
    pub(super) fn buys(&mut self, i: usize, order: OrderId) -> Done {
        let (user, sight) = (self.crowd.runners[i], self.sees_at(order, Status::OnSite)?);
        let Some(sight) = sight else {
            return Ok(());
        };
        let raised = sight.approved > self.part_of(sight.estimate, 116, 116);
        let total = match raised {
            true => sight.approved,
            false => self.part_of(sight.estimate, 85, 114),
        };
        let total = total.min(sight.approved);
        let old = self.crowd.receipts.get(&i).copied();
        let old = old.filter(|_| self.dice.happens(self.habits.shows_an_old_receipt));
        let mut bought = false;
        if let Some(photo) = old {
            bought = self.shows_a_receipt(user, order, total, Some(photo))?;
        }
        if !bought {
            let photo = self.takes_a_photo(user)?;
            bought = self.shows_a_receipt(user, order, total, photo)?;
            self.crowd.receipts.extend(photo.map(|photo| (i, photo)));
        }
        if bought {
            self.then(i, Does::Collects, order, minutes(1, 10));
        }
        Ok(())
    }

    fn shows_a_receipt(
        &mut self,
        user: UserId,
        order: OrderId,
        total: Cents,
        photo: Option<PhotoId>,
    ) -> Result<bool, Deviation> {
        let purchase = Command::Purchase { total, photo };
        self.act(Principal::User(user), order, purchase)
    }

    pub(in crate::simulate) fn takes_a_photo(
        &mut self,
        user: UserId,
    ) -> Result<Option<PhotoId>, Deviation> {
        let photo = self.world.photo(user);
        self.answered("photo", photo)
    }
}
