//! Views of orders as lines of a list.

use super::{Viewer, money::EarningsView, order::OrderView, parts::StoreView, related::Stores};
use crate::{
    time::Time,
    wire::{self, Maybe},
};
use campusg_domain::{
    id::OrderId,
    order::{Order, Role, Stage, Status},
};
use serde::Serialize;
use utoipa::ToSchema;

type MaybeBound = Maybe<Bound>;

/// An order in the caller's list. For a former runner it contains only the id and the store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    r#as: &'static str,
    store: StoreView,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeBound)]
    bound: Option<Bound>,
    /// What the customer was charged, or would be at the estimate; for the customer and operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_cents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earnings: Option<EarningsView>,
}

/// An order in a list: on the board as active runners see it, elsewhere one of the caller's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ListedView {
    Own(Box<SummaryView>),
    OnBoard(Box<OrderView>),
}

/// The fields for parties and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bound {
    version: u32,
    #[schema(value_type = wire::Status)]
    status: Status,
    placement: Option<&'static str>,
    /// Absent unless the order is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<&'static str>,
    item_count: usize,
    currency: String,
    placed_at: Time,
    updated_at: Time,
    late: bool,
}

impl SummaryView {
    pub(crate) fn of(order: &Order, viewer: &Viewer, stores: &Stores) -> Self {
        let (r#as, bound) = match viewer.role {
            Role::Customer => ("customer", true),
            Role::Runner => ("runner", true),
            Role::Operator => ("operator", true),
            Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => {
                ("former_runner", false)
            }
        };
        let terms = &order.terms;
        let food = order
            .stage
            .bought()
            .map_or(terms.price.food_estimate, |bought| bought.food);
        let charge = if order.is_terminal() {
            order.charged
        } else {
            terms.price.charge(food)
        };
        Self {
            id: order.id,
            r#as,
            store: StoreView::of(&order.store, stores),
            bound: bound.then(|| Bound {
                version: order.version,
                status: order.status(),
                placement: order.stage.placement(),
                cancel_reason: cancel_reason(order),
                item_count: terms.items.len(),
                currency: viewer.currency().into(),
                placed_at: terms.placed_at.into(),
                updated_at: order.last_at.into(),
                late: order.late,
            }),
            charge_cents: matches!(viewer.role, Role::Customer | Role::Operator)
                .then_some(charge.0),
            earnings: (viewer.role == Role::Runner)
                .then(|| EarningsView::of(order, viewer.currency())),
        }
    }
}

const fn cancel_reason(order: &Order) -> Option<&'static str> {
    match &order.stage {
        Stage::Cancelled(end) => Some(end.reason.code()),
        Stage::Authorizing
        | Stage::Holding
        | Stage::Scheduling
        | Stage::Waiting { .. }
        | Stage::Available { .. }
        | Stage::Accepted(_)
        | Stage::OnSite(..)
        | Stage::Purchased(..)
        | Stage::Collected(..)
        | Stage::OnTheWay(..)
        | Stage::Delivered(..)
        | Stage::Completed(..) => None,
    }
}
