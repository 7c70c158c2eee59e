//! Request bodies of proposals: what a runner at the store proposes, and how the customer decides.

use super::{order::StoreIn, text};
use crate::{
    json::{Amount, Count},
    problem::Problem,
    wire,
};
use campusg_domain::{
    id::PhotoId,
    order::{Item, Offer, ProposalKind, ProposedItem, StoreRef, Substitution},
};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalIn {
    #[schema(value_type = wire::ProposalKind)]
    kind: ProposalKind,
    total_cents: Option<Amount>,
    #[serde(default)]
    items: Vec<ProposedItemIn>,
    #[schema(value_type = wire::PhotoId)]
    photo_id: PhotoId,
    #[schema(value_type = Option<wire::Note>)]
    note: Option<String>,
}

/// An item of the order, by its index in the list, and its replacement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposedItemIn {
    item: u16,
    offer: Option<OfferedItemIn>,
}

/// The replacement. It has no `if_missing` preference of its own: the customer is not asked about it again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfferedItemIn {
    #[serde(deserialize_with = "text::line")]
    #[schema(value_type = wire::Name)]
    name: String,
    quantity: Count,
    unit_price_cents: Amount,
}

impl ProposalIn {
    /// Separates the offer from the runner's note.
    pub(crate) fn split(self) -> (Offer, Option<String>) {
        let offer = Offer {
            kind: self.kind,
            total: self.total_cents.map(|total| total.0),
            items: self.items.into_iter().map(ProposedItem::from).collect(),
            photo: self.photo_id,
        };
        (offer, self.note)
    }
}

impl From<ProposedItemIn> for ProposedItem {
    fn from(line: ProposedItemIn) -> Self {
        let offered = |offer: OfferedItemIn| Item {
            name: offer.name,
            quantity: offer.quantity.0,
            unit_price: offer.unit_price_cents.0,
            substitution: Substitution::Drop,
        };
        Self {
            item: line.item,
            offer: line.offer.map(offered),
        }
    }
}

/// The items that the customer gives up, by their indices in the list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DropIn {
    pub(crate) items: Vec<u16>,
}

/// The store where the runner is to buy instead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherStoreIn {
    store: StoreIn,
}

impl TryFrom<OtherStoreIn> for StoreRef {
    type Error = Problem;

    fn try_from(body: OtherStoreIn) -> Result<Self, Problem> {
        body.store.try_into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::json;
    use campusg_domain::money::Cents;
    use serde_json::{Value, json};

    fn read(body: &Value) -> Result<(Offer, Option<String>), (&'static str, String)> {
        let read = json::read::<ProposalIn>(body.to_string().as_bytes());
        let said = |problem: Problem| {
            let field = problem.extra["field"].as_str().unwrap();
            (problem.code.name(), field.to_owned())
        };
        read.map(ProposalIn::split).map_err(said)
    }

    fn substitution() -> Value {
        json!({
            "kind": "substitution", "total_cents": 2_050, "note": "no soup left",
            "items": [{"item": 0, "offer": {"name": "Stew", "quantity": 2, "unit_price_cents": 1_025}}],
            "photo_id": PhotoId::from_bytes([7; 16]),
        })
    }

    #[test]
    fn a_substitution_names_the_item_and_what_is_there_instead() {
        let (offer, note) = read(&substitution()).unwrap();
        assert_eq!(note.as_deref(), Some("no soup left"));
        assert_eq!(
            (offer.kind, offer.total),
            (ProposalKind::Substitution, Some(Cents(2_050)))
        );
        let stew = offer.items[0].offer.as_ref().unwrap();
        assert_eq!(
            (offer.items[0].item, stew.name.as_str(), stew.quantity),
            (0, "Stew", 2)
        );
    }

    #[test]
    fn each_field_of_the_wrong_shape_is_named() {
        let long = "x".repeat(40);
        for (pointer, value, code) in [
            ("/kind", json!("bargain"), "wrong_type"),
            ("/total_cents", json!(-1), "wrong_type"),
            ("/items/0/item", json!(70_000), "wrong_type"),
            ("/items/0/item", json!("soup"), "wrong_type"),
            ("/items/0/offer/name", json!(7), "wrong_type"),
            ("/items/0/offer/quantity", json!(1.5), "wrong_type"),
            ("/items/0/offer/unit_price_cents", json!("9"), "wrong_type"),
            ("/photo_id", json!(long), "wrong_type"),
            ("/note", json!([]), "wrong_type"),
        ] {
            let mut body = substitution();
            *body.pointer_mut(pointer).unwrap() = value;
            let path = pointer[1..].replace("/0/", "[0].").replace('/', ".");
            assert_eq!(read(&body).unwrap_err(), (code, path), "{body}");
        }
        let mut body = substitution();
        body["items"][0]["offer"]["substitution"] = json!("ask");
        let unknown = "items[0].offer.substitution".to_owned();
        assert_eq!(read(&body).unwrap_err(), ("unknown_field", unknown));
        body = json!({"kind": "sold_out"});
        assert_eq!(
            read(&body).unwrap_err(),
            ("missing_field", "photo_id".into())
        );
    }
}
