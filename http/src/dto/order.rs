//! Request bodies and query strings of the order's routes.

use super::text;
use crate::{
    json::{Amount, Count},
    problem::Problem,
    time::Time,
    wire,
};
use campusg_actors::runtime::{DropoffDetails, NewOrder};
use campusg_domain::{
    id::{OrderId, PhotoId, StoreId},
    order::{Command, Handover, Item, Shown, Status, StoreRef, Substitution},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Body of placing an order, and of a quote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrderIn {
    store: StoreIn,
    items: Vec<ItemIn>,
    dropoff: DropoffIn,
    #[serde(default)]
    tip_cents: Amount,
    deliver_after: Option<Time>,
}

#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"name": "Noodle Bar", "place": "Student union"})))]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreIn {
    #[schema(value_type = Option<wire::StoreId>)]
    id: Option<StoreId>,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Name>)]
    name: Option<String>,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Name>)]
    place: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ItemIn {
    #[serde(deserialize_with = "text::line")]
    #[schema(value_type = wire::Name)]
    name: String,
    quantity: Count,
    unit_price_cents: Amount,
    #[serde(default = "ask")]
    #[schema(value_type = wire::Substitution)]
    substitution: Substitution,
}

const fn ask() -> Substitution {
    Substitution::Ask
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DropoffIn {
    #[serde(deserialize_with = "text::line")]
    #[schema(value_type = wire::Name)]
    building: String,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Place>)]
    level: Option<String>,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Place>)]
    room: Option<String>,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Place>)]
    meeting_point: Option<String>,
    #[schema(value_type = wire::Handover)]
    handover: Handover,
    #[schema(value_type = Option<wire::Notes>)]
    notes: Option<String>,
}

impl TryFrom<NewOrderIn> for NewOrder {
    type Error = Problem;

    fn try_from(wish: NewOrderIn) -> Result<Self, Problem> {
        let DropoffIn {
            building,
            level,
            room,
            meeting_point,
            handover,
            notes,
        } = wish.dropoff;
        let item = |item: ItemIn| Item {
            name: item.name,
            quantity: item.quantity.0,
            unit_price: item.unit_price_cents.0,
            substitution: item.substitution,
        };
        Ok(Self {
            store: wish.store.try_into()?,
            items: wish.items.into_iter().map(item).collect(),
            building,
            details: DropoffDetails {
                level,
                room,
                meeting_point,
                notes,
            },
            handover,
            tip: wish.tip_cents.0,
            deliver_after: wish.deliver_after.map(|time| time.0),
        })
    }
}

impl TryFrom<StoreIn> for StoreRef {
    type Error = Problem;

    fn try_from(store: StoreIn) -> Result<Self, Problem> {
        match store {
            StoreIn {
                id: Some(id),
                name: None,
                place: None,
            } => Ok(Self::Known(id)),
            StoreIn {
                id: None,
                name: Some(name),
                place: Some(place),
            } => Ok(Self::Described { name, place }),
            _ => Err(Problem::field(
                "store",
                "must have an id, or a name and a place",
            )),
        }
    }
}

/// The status that the runner reports, with the proof that it needs.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"status": "on-site"})))]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusIn {
    #[schema(value_type = wire::Status)]
    status: Status,
    receipt: Option<ReceiptIn>,
    proof: Option<ProofIn>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiptIn {
    total_cents: Amount,
    #[schema(value_type = Option<wire::PhotoId>)]
    photo_id: Option<PhotoId>,
}

#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"pin": "0042"})))]
#[serde(deny_unknown_fields)]
struct ProofIn {
    #[schema(value_type = Option<wire::Pin>)]
    pin: Option<String>,
    #[schema(value_type = Option<wire::PhotoId>)]
    photo_id: Option<PhotoId>,
}

impl TryFrom<StatusIn> for Command {
    type Error = Problem;

    fn try_from(body: StatusIn) -> Result<Self, Problem> {
        if body.receipt.is_some() && body.status != Status::Purchased {
            return Err(Problem::field("receipt", "belongs to the status purchased"));
        }
        if body.proof.is_some() && body.status != Status::Delivered {
            return Err(Problem::field("proof", "belongs to the status delivered"));
        }
        match body.status {
            Status::OnSite => Ok(Self::ArriveOnSite),
            Status::Purchased => {
                let receipt = body.receipt.ok_or_else(|| {
                    Problem::field("receipt", "is needed for the status purchased")
                })?;
                Ok(Self::Purchase {
                    total: receipt.total_cents.0,
                    photo: receipt.photo_id,
                })
            }
            Status::Collected => Ok(Self::Collect),
            Status::OnTheWay => Ok(Self::Depart),
            Status::Delivered => {
                let proof = body
                    .proof
                    .ok_or_else(|| Problem::field("proof", "is needed for the status delivered"))?;
                Ok(Self::Deliver {
                    shown: proof.try_into()?,
                })
            }
            Status::Pending | Status::Accepted | Status::Completed | Status::Cancelled => {
                let rule = "must be on-site, purchased, collected, on-the-way or delivered";
                Err(Problem::field("status", rule))
            }
        }
    }
}

impl TryFrom<ProofIn> for Shown {
    type Error = Problem;

    fn try_from(proof: ProofIn) -> Result<Self, Problem> {
        match proof {
            ProofIn {
                pin: Some(pin),
                photo_id: None,
            } => {
                let digits = pin.len() == 4 && pin.bytes().all(|byte| byte.is_ascii_digit());
                let pin = digits.then(|| pin.parse().ok()).flatten();
                pin.map(Self::Pin)
                    .ok_or_else(|| Problem::field("proof.pin", "must be four digits"))
            }
            ProofIn {
                pin: None,
                photo_id: Some(photo),
            } => Ok(Self::Photo(photo)),
            _ => Err(Problem::field(
                "proof",
                "must have either a pin or a photo_id",
            )),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelIn {
    #[serde(default)]
    pub(crate) accept_charge_cents: Amount,
    /// Only checked for its length: it is not stored.
    #[schema(value_type = Option<wire::Reason>)]
    pub(crate) reason: Option<String>,
}

/// Body of a rating; `stars` is 1 to 5.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingIn {
    #[schema(value_type = wire::Stars)]
    pub(crate) stars: u8,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListIn {
    pub(crate) r#as: Option<PartyIn>,
    #[schema(value_type = Option<wire::Status>)]
    pub(crate) status: Option<Status>,
    pub(crate) available: Option<bool>,
}

/// The caller's role in the orders that are listed.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartyIn {
    Customer,
    Runner,
}

/// The time as of which an order is shown; now if absent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtIn {
    #[schema(value_type = Option<Time>)]
    pub(crate) at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfOrderIn {
    #[schema(value_type = wire::OrderId)]
    pub(crate) order_id: OrderId,
}

/// The order whose payment is listed; if absent, the payments of all the caller's orders.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentsIn {
    #[schema(value_type = Option<wire::OrderId>)]
    pub(crate) order_id: Option<OrderId>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::json;

    fn status(body: &str) -> Result<Command, (u16, String)> {
        let said = |problem: Problem| {
            (
                problem.status.as_u16(),
                problem.extra["field"].as_str().unwrap().to_owned(),
            )
        };
        json::read::<StatusIn>(body.as_bytes())
            .and_then(Command::try_from)
            .map_err(said)
    }

    #[test]
    fn each_status_is_a_command() {
        assert_eq!(status(r#"{"status":"on-site"}"#), Ok(Command::ArriveOnSite));
        assert_eq!(status(r#"{"status":"collected"}"#), Ok(Command::Collect));
        assert_eq!(status(r#"{"status":"on-the-way"}"#), Ok(Command::Depart));
        let bought = status(r#"{"status":"purchased","receipt":{"total_cents":2150}}"#);
        assert_eq!(
            bought,
            Ok(Command::Purchase {
                total: campusg_domain::money::Cents(2_150),
                photo: None
            })
        );
        let pin = status(r#"{"status":"delivered","proof":{"pin":"0042"}}"#);
        assert_eq!(
            pin,
            Ok(Command::Deliver {
                shown: Shown::Pin(42)
            })
        );
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        for (body, field, code) in [
            (r#"{"status":"completed"}"#, "status", 422),
            (r#"{"status":"purchased"}"#, "receipt", 422),
            (
                r#"{"status":"collected","receipt":{"total_cents":1}}"#,
                "receipt",
                422,
            ),
            (r#"{"status":"delivered"}"#, "proof", 422),
            (
                r#"{"status":"collected","proof":{"pin":"1234"}}"#,
                "proof",
                422,
            ),
            (r#"{"status":"delivered","proof":{}}"#, "proof", 422),
            (
                r#"{"status":"delivered","proof":{"pin":"+123"}}"#,
                "proof.pin",
                422,
            ),
            (
                r#"{"status":"delivered","proof":{"pin":1234}}"#,
                "proof.pin",
                400,
            ),
            (r#"{"status":"eaten"}"#, "status", 400),
            (
                r#"{"status":"purchased","receipt":{"total_cents":-1}}"#,
                "receipt.total_cents",
                400,
            ),
        ] {
            assert_eq!(status(body), Err((code, field.into())), "{body}");
        }
    }

    #[test]
    fn a_wish_names_its_mistakes() {
        let wish = |change: &str, to: &str| {
            let body = r#"{"store":{"name":"Deli","place":"Hall 1"},"items":[{"name":"Soup","quantity":1,"unit_price_cents":500}],"dropoff":{"building":"B1","handover":"pin"}}"#;
            let body = body.replacen(change, to, 1);
            let wish = json::read::<NewOrderIn>(body.as_bytes()).and_then(NewOrder::try_from);
            wish.map_err(|problem| {
                (
                    problem.code.name(),
                    problem.extra["field"].as_str().unwrap().to_owned(),
                )
            })
        };
        let order = wish("", "").unwrap();
        assert_eq!(
            (order.tip.0, order.items[0].substitution),
            (0, Substitution::Ask)
        );
        assert_eq!(
            wish(r#""quantity":1"#, r#""quantity":1.5"#).unwrap_err(),
            ("wrong_type", "items[0].quantity".into())
        );
        assert_eq!(
            wish(r#""dropoff""#, r#""total_cents":1,"dropoff""#).unwrap_err(),
            ("unknown_field", "total_cents".into())
        );
        assert_eq!(
            wish(r#""name":"Deli","#, "").unwrap_err(),
            ("invalid_field", "store".into())
        );
        assert_eq!(
            wish(r#""handover":"pin""#, r#""handover":"drone""#)
                .unwrap_err()
                .1,
            "dropoff.handover"
        );
        assert_eq!(
            wish(r#""building":"B1","#, "").unwrap_err(),
            ("missing_field", "dropoff.building".into())
        );
    }
}
