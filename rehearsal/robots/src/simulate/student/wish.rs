//! What students order.

use super::the_stand_at_the_corner;
use crate::simulate::{day::Day, world::World};
use campusg_domain::{
    id::UserId,
    money::Cents,
    order::{Dropoff, Handover, Item, Placement, StoreRef, Substitution},
    time::{At, HOUR_MS},
};

/// The dishes on the menus, with their usual prices in cents.
const DISHES: [(&str, i64); 12] = [
    ("Bagel", 350),
    ("Soup of the day", 620),
    ("Noodles", 890),
    ("Green curry", 1090),
    ("Burger", 950),
    ("Fries", 380),
    ("Salad bowl", 820),
    ("Sushi box", 1450),
    ("Pizza", 1150),
    ("Iced tea", 290),
    ("Cake", 430),
    ("Fruit", 240),
];

const BUILDINGS: [&str; 8] = [
    "Hall 1",
    "Hall 2",
    "Hall 3",
    "Hall 4",
    "Library",
    "Physics",
    "Gym",
    "North Hall",
];

impl<W: World> Day<W> {
    pub(super) fn wish(&mut self, customer: UserId) -> Placement {
        let store = match self.chance(|h| h.describes_a_store) {
            true => None,
            false => self.one_of_the_stores(),
        };
        let store = store.map_or_else(the_stand_at_the_corner, StoreRef::Known);
        let handover = match self.chance(|h| h.wants_it_at_the_door) {
            true => Handover::Door,
            false => Handover::Pin,
        };
        let building = BUILDINGS[self.dice.below(BUILDINGS.len() as u64) as usize];
        let tip = match self.chance(|h| h.tips_at_once) {
            true => self.dice.between(1, 8) * 50,
            false => 0,
        };
        Placement {
            customer,
            store,
            items: self.shopping_list(),
            dropoff: Dropoff {
                building: building.into(),
                details: None,
                handover,
            },
            tip: Cents(i64::try_from(tip).unwrap_or(0)),
            deliver_after: self.later(),
        }
    }

    /// Draws one to three different dishes.
    fn shopping_list(&mut self) -> Vec<Item> {
        let (lines, first) = (
            self.dice.between(1, 3),
            self.dice.below(DISHES.len() as u64),
        );
        (0..lines)
            .map(|line| {
                let (name, cents) = DISHES[((first + 5 * line) % DISHES.len() as u64) as usize];
                let substitution = match self.dice.below(3) {
                    0 => Substitution::Replace,
                    1 => Substitution::Ask,
                    _ => Substitution::Drop,
                };
                Item {
                    name: name.into(),
                    quantity: 1 + u32::from(self.dice.happens(250)),
                    unit_price: self.part_of(Cents(cents), 90, 115),
                    substitution,
                }
            })
            .collect()
    }

    /// Draws a time of delivery some hours or even days ahead; mostly `None`, as soon as possible.
    fn later(&mut self) -> Option<At> {
        if !self.chance(|h| h.orders_ahead) {
            return None;
        }
        let most = if self.dice.happens(200) { 70 } else { 5 };
        let ahead = self.dice.between(1, most) * HOUR_MS;
        Some(self.world.now().plus(ahead))
    }
}

/// An order of a small lunch, for tests in which the items do not matter.
#[cfg(test)]
pub(in crate::simulate) fn lunch(customer: UserId) -> Placement {
    Placement {
        customer,
        store: the_stand_at_the_corner(),
        items: vec![Item {
            name: "Noodles".into(),
            quantity: 1,
            unit_price: Cents(500),
            substitution: Substitution::Ask,
        }],
        dropoff: Dropoff {
            building: "Hall 1".into(),
            details: None,
            handover: Handover::Pin,
        },
        tip: Cents::ZERO,
        deliver_after: None,
    }
}
