//! Placing an order: checks what the customer asks for, adds up what it costs, and fixes the terms.

use super::{
    command::Placement,
    terms::{Item, Price, StoreRef, Terms},
};
use crate::{
    call::CardToken,
    money::Cents,
    policy::Policy,
    rejection::Rejection,
    text::{Sealed, check_name},
    time::At,
};

/// Maximum number of characters in the name of an item or store, a store's place, or a building.
pub const NAME_CHARS: usize = 120;
/// Maximum number of bytes of one sealed text.
const SEALED_BYTES: usize = 4096;

/// Adds up what a placement would cost, and returns its money words.
///
/// # Errors
/// `InvalidField` with the field's path, checked in this order: number of items, each item, the food limit, the tip, and
/// that the hold reaches twice the least charge, so that what is captured later can always be divided into large enough parts.
pub fn price(placement: &Placement, policy: &Policy) -> Result<Price, Rejection> {
    let items = &placement.items;
    if items.is_empty() {
        return Err(Rejection::field("items", "must have at least one entry"));
    }
    if items.len() > policy.items_per_order as usize {
        return Err(Rejection::field(
            "items",
            format!("must have at most {} entries", policy.items_per_order),
        ));
    }
    let mut food_estimate = Cents::ZERO;
    for (i, item) in items.iter().enumerate() {
        let line = line(&format!("items[{i}]"), item, policy)?;
        food_estimate = food_estimate
            .checked_add(line)
            .ok_or_else(|| too_dear(policy))?;
    }
    if !food_estimate.is_positive() {
        let rule = "must cost something together";
        return Err(Rejection::field("items", rule));
    }
    if food_estimate > policy.food_limit_cents {
        return Err(too_dear(policy));
    }
    if placement.tip < Cents::ZERO || placement.tip > policy.tip_limit_cents {
        return Err(Rejection::field(
            "tip_cents",
            format!("must be from 0 to {}", policy.tip_limit_cents.0),
        ));
    }
    let price = Price {
        food_estimate,
        buffer: food_estimate.percent(policy.price_buffer_percent),
        delivery_fee: policy.delivery_fee_cents,
        tip: placement.tip,
        platform_fee: policy.platform_fee_cents,
        trip_compensation: policy.trip_compensation_cents,
        least_charge: policy.gateway_minimum_cents,
    };
    let least = price.least_charge + price.least_charge;
    if price.hold() < least {
        let least = policy.currency.of(least);
        return Err(Rejection::field(
            "items",
            format!("must cost at least {least} with fee and tip"),
        ));
    }
    Ok(price)
}

/// Checks one item of a list and returns what it costs, in cents; `path` is where the item stands in the request's body.
///
/// # Errors
/// `InvalidField` with the field's path.
pub(super) fn line(path: &str, item: &Item, policy: &Policy) -> Result<Cents, Rejection> {
    text(&format!("{path}.name"), &item.name)?;
    if !(1..=policy.quantity_per_item).contains(&item.quantity) {
        let rule = format!("must be from 1 to {}", policy.quantity_per_item);
        return Err(Rejection::field(format!("{path}.quantity"), rule));
    }
    if !(Cents::ZERO..=Cents::MAX_INPUT).contains(&item.unit_price) {
        let rule = format!("must be from 0 to {}", Cents::MAX_INPUT.0);
        return Err(Rejection::field(format!("{path}.unit_price_cents"), rule));
    }
    item.unit_price
        .checked_times(item.quantity)
        .ok_or_else(|| too_dear(policy))
}

fn too_dear(policy: &Policy) -> Rejection {
    Rejection::field(
        "items",
        format!(
            "must cost at most {} together",
            policy.currency.of(policy.food_limit_cents)
        ),
    )
}

fn text(field: &str, value: &str) -> Result<(), Rejection> {
    let chars = value.trim().chars().count();
    if !(1..=NAME_CHARS).contains(&chars) {
        return Err(Rejection::field(
            field,
            format!("must have 1 to {NAME_CHARS} characters"),
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(Rejection::field(field, "must not have control characters"));
    }
    check_name(value).map_err(|rule| Rejection::field(field, rule))
}

/// Checks the name and the place of a store that the customer describes; a store of the directory passes.
///
/// # Errors
/// `InvalidField` with the text's path.
pub(super) fn store(store: &StoreRef) -> Result<(), Rejection> {
    if let StoreRef::Described { name, place } = store {
        text("store.name", name)?;
        text("store.place", place)?;
    }
    Ok(())
}

/// Checks that a sealed text is neither empty nor too long, if there is one.
///
/// # Errors
/// `InvalidField` with the text's path.
pub(super) fn sealed(field: &str, text: Option<&Sealed>) -> Result<(), Rejection> {
    match text {
        Some(sealed) if sealed.0.is_empty() => Err(Rejection::field(field, "must not be empty")),
        Some(sealed) if sealed.0.len() > SEALED_BYTES => {
            Err(Rejection::field(field, "is too long a text"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks a placement and returns the terms of the order that it becomes.
///
/// # Errors
/// As [`price`]; then `InvalidField` for the store, the drop-off and `deliver_after`, in this order.
pub fn terms(
    placement: &Placement,
    card: CardToken,
    policy: &Policy,
    now: At,
) -> Result<Terms, Rejection> {
    let price = price(placement, policy)?;
    store(&placement.store)?;
    text("dropoff.building", &placement.dropoff.building)?;
    if placement
        .dropoff
        .details
        .as_ref()
        .is_some_and(|sealed| sealed.0.len() > SEALED_BYTES)
    {
        return Err(Rejection::field("dropoff", "has too long a text"));
    }
    let deliver_after = placement.deliver_after.filter(|after| *after > now);
    if deliver_after.is_some_and(|after| after.since(now) > policy.deliver_after_limit_ms) {
        let hours = policy.deliver_after_limit_ms / crate::time::HOUR_MS;
        return Err(Rejection::field(
            "deliver_after",
            format!("must be at most {hours} hours ahead"),
        ));
    }
    Ok(Terms {
        customer: placement.customer,
        store: placement.store.clone(),
        items: placement.items.clone(),
        dropoff: placement.dropoff.clone(),
        price,
        deliver_after,
        card,
        placed_at: now,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::{
        id::UserId,
        order::{Dropoff, Handover, Substitution},
    };

    const NOW: At = At(1_000_000);

    fn wish() -> Placement {
        let item = Item {
            name: "Bowl".into(),
            quantity: 1,
            unit_price: Cents(100),
            substitution: Substitution::Ask,
        };
        Placement {
            customer: UserId::from_bytes([1; 16]),
            store: StoreRef::Described {
                name: "Shop".into(),
                place: "Street".into(),
            },
            items: vec![item],
            dropoff: Dropoff {
                building: "Library".into(),
                details: None,
                handover: Handover::Pin,
            },
            tip: Cents::ZERO,
            deliver_after: None,
        }
    }

    /// The field that is refused.
    fn refused(policy: &Policy, wish: &Placement) -> Option<String> {
        match terms(wish, CardToken("card".into()), policy, NOW) {
            Ok(_) => None,
            Err(Rejection::InvalidField { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        }
    }

    fn items(wish: &mut Placement, many: usize) {
        wish.items = vec![wish.items[0].clone(); many];
    }

    fn described(wish: &mut Placement, name: &str, place: &str) {
        let (name, place) = (name.into(), place.into());
        wish.store = StoreRef::Described { name, place };
    }

    /// The field that is refused, and what is asked for.
    type Case = (Option<&'static str>, fn(&mut Placement));

    #[test]
    fn a_placement_may_go_to_its_bounds_and_not_beyond() {
        let cases: [Case; 31] = [
            (None, |_| ()),
            (Some("items"), |wish| wish.items.clear()),
            (None, |wish| items(wish, 50)),
            (Some("items"), |wish| items(wish, 51)),
            (None, |wish| wish.items[0].quantity = 50),
            (Some("items[0].quantity"), |wish| wish.items[0].quantity = 0),
            (Some("items[0].quantity"), |wish| {
                wish.items[0].quantity = 51
            }),
            (None, |wish| wish.items[0].unit_price = Cents(20_000)),
            (Some("items"), |wish| {
                wish.items[0].unit_price = Cents(20_001)
            }),
            (Some("items"), |wish| wish.items[0].unit_price = Cents(0)),
            (Some("items"), |wish| {
                wish.items[0].unit_price = Cents::MAX_INPUT
            }),
            (Some("items[0].unit_price_cents"), |wish| {
                wish.items[0].unit_price = Cents(-1)
            }),
            (Some("items[0].unit_price_cents"), |wish| {
                wish.items[0].unit_price = Cents::MAX_INPUT + Cents(1)
            }),
            (Some("tip_cents"), |wish| wish.tip = Cents(-1)),
            (None, |wish| wish.tip = Cents(5_000)),
            (Some("tip_cents"), |wish| wish.tip = Cents(5_001)),
            (Some("items[0].name"), |wish| {
                wish.items[0].name = "  ".into()
            }),
            (None, |wish| wish.items[0].name = "é".repeat(120)),
            (Some("items[0].name"), |wish| {
                wish.items[0].name = "é".repeat(121)
            }),
            (Some("items[0].name"), |wish| {
                wish.items[0].name = "Bowl\n".into()
            }),
            (Some("store.name"), |wish| described(wish, "", "There")),
            (Some("store.place"), |wish| described(wish, "Shop", "")),
            (Some("dropoff.building"), |wish| {
                wish.dropoff.building = String::new()
            }),
            (None, |wish| {
                wish.dropoff.details = Some(Sealed(vec![7; 4096]))
            }),
            (Some("dropoff"), |wish| {
                wish.dropoff.details = Some(Sealed(vec![7; 4097]))
            }),
            (None, |wish| wish.deliver_after = Some(NOW)),
            (None, |wish| wish.deliver_after = Some(NOW.minus(1))),
            (None, |wish| wish.deliver_after = Some(NOW.plus(1))),
            (None, |wish| {
                wish.deliver_after = Some(NOW.plus(72 * crate::time::HOUR_MS))
            }),
            (Some("deliver_after"), |wish| {
                wish.deliver_after = Some(NOW.plus(72 * crate::time::HOUR_MS + 1))
            }),
            (None, |wish| {
                wish.store = StoreRef::Known(crate::id::StoreId::from_bytes([1; 16]))
            }),
        ];
        for (n, (field, change)) in cases.into_iter().enumerate() {
            let mut wish = wish();
            change(&mut wish);
            let found = refused(&Policy::default(), &wish);
            assert_eq!(found.as_deref(), field, "case {n}");
        }
    }

    #[test]
    fn a_time_that_has_come_is_no_time_to_wait_for() {
        for (after, expected) in [(NOW, None), (NOW.plus(1), Some(NOW.plus(1)))] {
            let mut wish = wish();
            wish.deliver_after = Some(after);
            let terms = terms(&wish, CardToken("card".into()), &Policy::default(), NOW);
            assert_eq!(terms.unwrap().deliver_after, expected);
        }
    }

    #[test]
    fn the_hold_is_at_least_twice_what_the_gateway_takes() {
        let half = price(&wish(), &Policy::default()).unwrap().hold().0 / 2;
        for (least, field) in [(half, None), (half + 1, Some("items"))] {
            let policy = Policy {
                gateway_minimum_cents: Cents(least),
                ..Policy::default()
            };
            assert_eq!(refused(&policy, &wish()).as_deref(), field);
        }
    }

    #[test]
    fn a_sealed_text_is_neither_empty_nor_too_long() {
        for (bytes, holds) in [
            (None, true),
            (Some(0), false),
            (Some(1), true),
            (Some(4096), true),
            (Some(4097), false),
        ] {
            let text = bytes.map(|bytes| Sealed(vec![7; bytes]));
            assert_eq!(sealed("note", text.as_ref()).is_ok(), holds, "{bytes:?}");
        }
    }
}
