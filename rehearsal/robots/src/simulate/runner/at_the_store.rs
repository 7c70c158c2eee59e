//! Robots at the store: what they find on the shelves, propose to the customer, and pay.

use super::Action;
use crate::simulate::{
    day::{Day, Done, minutes, seconds},
    world::{OrderView, World},
};
use campusg_client::Deviation;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, UserId},
    money::Cents,
    order::{Command, Item, Offer, ProposalKind, ProposedItem, Status, Substitution},
};

impl<W: World> Day<W> {
    /// Opens a proposal if the first look at the shelves brings a surprise; else buys the food.
    pub(super) fn shops(&mut self, i: usize, order: OrderId) -> Done {
        let Some(view) = self.sees_at(order, Status::OnSite)? else {
            return Ok(());
        };
        if view.asked.is_some() || view.cancel_waits {
            return Ok(());
        }
        match (view.proposals == 0)
            .then(|| self.surprise(&view))
            .flatten()
        {
            Some(offer) => self.proposes(i, &view, offer),
            None => self.buys(i, order),
        }
    }

    /// Draws a surprise at the store: kind and total of the proposal that follows; mostly `None`.
    fn surprise(&mut self, view: &OrderView) -> Option<(ProposalKind, Option<Cents>)> {
        let (approved, estimate) = (view.approved, view.estimate);
        if self.chance(|h| h.finds_it_closed) {
            Some((ProposalKind::StoreClosed, None))
        } else if self.chance(|h| h.finds_it_sold_out) {
            Some((ProposalKind::SoldOut, None))
        } else if self.chance(|h| h.finds_it_very_dear) {
            Some((ProposalKind::Price, Some(self.part_of(estimate, 150, 200))))
        } else if self.chance(|h| h.finds_it_dear) {
            Some((ProposalKind::Price, Some(self.part_of(approved, 101, 125))))
        } else if self.chance(|h| h.finds_an_item_missing) {
            let asks = view
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
        view: &OrderView,
        (kind, total): (ProposalKind, Option<Cents>),
    ) -> Done {
        let (user, order) = (self.crowd.runners[i], view.id);
        let Some(photo) = self.takes_a_photo(user)? else {
            return Ok(());
        };
        let asks = |line: &&(u16, Substitution)| line.1 == Substitution::Ask;
        let line = view.items.iter().find(asks).or(view.items.first());
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
            self.then(i, Action::HasPaid, order, minutes(1, 4));
        } else if self.chance(|h| h.withdraws) {
            self.then(i, Action::Withdraws, order, seconds(20, 200));
        }
        Ok(())
    }

    pub(super) fn withdraws(&mut self, i: usize, order: OrderId) -> Done {
        let open = self.see(order)?.and_then(|view| view.asked);
        let Some(open) = open else {
            return Ok(());
        };
        let (who, proposal) = (Principal::User(self.crowd.runners[i]), open.n);
        if self.act(who, order, Command::Withdraw { proposal })? {
            self.then(i, Action::Shops, order, seconds(20, 200));
        }
        Ok(())
    }

    /// Buys for about the estimate, and never for more than was approved.
    pub(super) fn buys(&mut self, i: usize, order: OrderId) -> Done {
        let (user, view) = (self.crowd.runners[i], self.sees_at(order, Status::OnSite)?);
        let Some(view) = view else {
            return Ok(());
        };
        let raised = view.approved > self.part_of(view.estimate, 116, 116);
        let total = match raised {
            true => view.approved,
            false => self.part_of(view.estimate, 85, 114),
        };
        let total = total.min(view.approved);
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
            self.then(i, Action::Collects, order, minutes(1, 10));
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
