//! Parts of an order that several views share.

use super::related::Stores;
use crate::{time::Time, wire};
use campusg_actors::runtime::DropoffDetails;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, StoreId},
    order::{
        Bought, CancelReason, Cancellation, Delivery, Handover, Item, Order, Proof, Settlement,
        StoreRef, Substitution,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// The store where the food is bought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::StoreId>)]
    id: Option<StoreId>,
    pub(super) name: Option<String>,
    pub(super) place: Option<String>,
}

impl StoreView {
    pub(crate) fn of(store: &StoreRef, stores: &Stores) -> Self {
        match store {
            StoreRef::Described { name, place } => Self {
                id: None,
                name: Some(name.clone()),
                place: Some(place.clone()),
            },
            StoreRef::Known(id) => {
                let known = stores
                    .iter()
                    .find(|(known, _)| known == id)
                    .map(|(_, store)| store);
                let text = |of: fn(&campusg_domain::owner::directory::Store) -> &String| {
                    known.map(|store| of(store).clone())
                };
                Self {
                    id: Some(*id),
                    name: text(|store| &store.name),
                    place: text(|store| &store.place),
                }
            }
        }
    }
}

/// A store as the customer named it: by id, or by name and place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WishedStoreView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::StoreId>)]
    id: Option<StoreId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

impl From<&StoreRef> for WishedStoreView {
    fn from(store: &StoreRef) -> Self {
        let (id, name, place) = match store {
            StoreRef::Known(id) => (Some(*id), None, None),
            StoreRef::Described { name, place } => (None, Some(name.clone()), Some(place.clone())),
        };
        Self { id, name, place }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemView {
    pub(super) name: String,
    pub(super) quantity: u32,
    unit_price_cents: i64,
    #[schema(value_type = wire::Substitution)]
    substitution: Substitution,
    /// Whether the customer gave the item up.
    pub(super) dropped: bool,
    /// The replacement that the customer approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replaced_by: Option<ReplacementView>,
}

/// What is bought instead of an item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplacementView {
    pub(super) name: String,
    pub(super) quantity: u32,
    unit_price_cents: i64,
}

impl From<&Item> for ReplacementView {
    fn from(item: &Item) -> Self {
        Self {
            name: item.name.clone(),
            quantity: item.quantity,
            unit_price_cents: item.unit_price.0,
        }
    }
}

/// Returns the shopping list, with dropped items marked and replacements beside the items.
pub(crate) fn items(order: &Order) -> Vec<ItemView> {
    let view = |(place, item): (u16, &Item)| ItemView {
        name: item.name.clone(),
        quantity: item.quantity,
        unit_price_cents: item.unit_price.0,
        substitution: item.substitution,
        dropped: order.dropped.contains(&place),
        replaced_by: order.replaced.get(&place).map(ReplacementView::from),
    };
    (0..).zip(&order.terms.items).map(view).collect()
}

/// The place of delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DropoffView {
    building: String,
    #[schema(value_type = wire::Handover)]
    handover: Handover,
    level: Option<String>,
    room: Option<String>,
    meeting_point: Option<String>,
    notes: Option<String>,
}

impl DropoffView {
    pub(crate) fn of(order: &Order, details: Option<&DropoffDetails>) -> Self {
        let details = details.cloned().unwrap_or_default();
        Self {
            building: order.terms.dropoff.building.clone(),
            handover: order.terms.dropoff.handover,
            level: details.level,
            room: details.room,
            meeting_point: details.meeting_point,
            notes: details.notes,
        }
    }
}

/// The purchase, as the runner's receipt shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoughtView {
    total_cents: i64,
    #[schema(value_type = Option<wire::PhotoId>)]
    photo_id: Option<PhotoId>,
    bought_at: Time,
}

impl From<&Bought> for BoughtView {
    fn from(bought: &Bought) -> Self {
        Self {
            total_cents: bought.food.0,
            photo_id: bought.photo,
            bought_at: bought.at.into(),
        }
    }
}

/// The delivery and its proof.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    proof: ProofName,
    #[schema(value_type = Option<wire::PhotoId>)]
    photo_id: Option<PhotoId>,
    delivered_at: Time,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let (proof, photo_id) = proof(&delivery.proof);
        Self {
            proof,
            photo_id,
            delivered_at: delivery.at.into(),
        }
    }
}

/// What proves a delivery: the PIN, a photo at the door, or the customer's confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProofName {
    Pin,
    Photo,
    Confirmed,
}

/// Returns the name of a delivery's proof, and its photo if there is one.
pub(crate) const fn proof(proof: &Proof) -> (ProofName, Option<PhotoId>) {
    match proof {
        Proof::Pin => (ProofName::Pin, None),
        Proof::Photo(photo) => (ProofName::Photo, Some(*photo)),
        Proof::Confirmed => (ProofName::Confirmed, None),
    }
}

/// How an order was cancelled; its money is shown elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancellationView {
    #[schema(value_type = wire::CancelReason)]
    cancel_reason: CancelReason,
    cancelled_by: Actor,
    cancelled_at: Time,
    settlement: SettlementName,
}

impl CancellationView {
    pub(crate) fn of(order: &Order, cancellation: &Cancellation) -> Self {
        Self {
            cancel_reason: cancellation.reason,
            cancelled_by: by(order, cancellation.by),
            cancelled_at: cancellation.at.into(),
            settlement: settlement(&cancellation.settlement),
        }
    }
}

/// Who gets the money of a cancelled order: nothing was charged, only the runner's trip, or it was divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SettlementName {
    Free,
    Trip,
    Release,
}

/// Returns the name of a cancelled order's settlement.
pub(crate) const fn settlement(settlement: &Settlement) -> SettlementName {
    match settlement {
        Settlement::Free => SettlementName::Free,
        Settlement::Trip { .. } => SettlementName::Trip,
        Settlement::Release(_) => SettlementName::Release,
    }
}

/// The role of whoever acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Actor {
    System,
    Gateway,
    Customer,
    Runner,
    Operator,
}

/// Returns the role that acted.
pub(crate) fn by(order: &Order, principal: Principal) -> Actor {
    match principal {
        Principal::System => Actor::System,
        Principal::Gateway => Actor::Gateway,
        Principal::User(user) | Principal::Operator(user) if user == order.terms.customer => {
            Actor::Customer
        }
        Principal::User(_) => Actor::Runner,
        Principal::Operator(user)
            if order
                .stage
                .assignment()
                .is_some_and(|assignment| assignment.runner == user) =>
        {
            Actor::Runner
        }
        Principal::Operator(user) if order.former_runners.contains(&user) => Actor::Runner,
        Principal::Operator(_) => Actor::Operator,
    }
}

/// The four digits that prove the delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PinView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    pin: String,
}

impl PinView {
    pub(crate) fn of(order_id: OrderId, pin: u16) -> Self {
        let pin = format!("{pin:04}");
        Self { order_id, pin }
    }
}

/// A stored photo.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhotoView {
    #[schema(value_type = wire::PhotoId)]
    pub(crate) id: PhotoId,
}

/// One party's ratings: the one it gave, and the one it received once both may see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RatingsView {
    given: Option<u8>,
    received: Option<u8>,
}

impl RatingsView {
    pub(crate) fn of_customer(order: &Order) -> Self {
        let ratings = &order.ratings;
        Self {
            given: ratings.by_customer,
            received: ratings.by_runner.filter(|_| ratings.published),
        }
    }

    pub(crate) fn of_runner(order: &Order) -> Self {
        let ratings = &order.ratings;
        Self {
            given: ratings.by_runner,
            received: ratings.by_customer.filter(|_| ratings.published),
        }
    }
}
