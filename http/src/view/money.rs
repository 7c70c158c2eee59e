//! Views of an order's money: price, payment, escrow, earnings.

use crate::{time::Time, wire};
use campusg_domain::{
    call::{CallKind, Decline},
    id::OrderId,
    money::Cents,
    order::{Collection, EscrowStatus, Order, PaymentStatus, Price, Settlement, Stage, TipState},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What an order costs and how much is held; for the customer and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceView {
    currency: String,
    food_estimate_cents: i64,
    price_buffer_cents: i64,
    delivery_fee_cents: i64,
    tip_cents: i64,
    trip_compensation_cents: i64,
    /// The most that the food may cost without the customer's approval.
    cap_cents: i64,
    /// The amount authorised on the card when the order is placed: cap, fee and tip.
    hold_cents: i64,
}

impl PriceView {
    pub(crate) fn of(price: &Price, currency: &str) -> Self {
        Self {
            currency: currency.into(),
            food_estimate_cents: price.food_estimate.0,
            price_buffer_cents: price.buffer.0,
            delivery_fee_cents: price.delivery_fee.0,
            tip_cents: price.tip.0,
            trip_compensation_cents: price.trip_compensation.0,
            cap_cents: price.cap().0,
            hold_cents: price.hold().0,
        }
    }
}

/// The payment of an order, without the card; for the customer and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    #[schema(value_type = wire::PaymentStatus)]
    status: PaymentStatus,
    #[schema(value_type = wire::Collection)]
    collection: Collection,
    currency: String,
    authorized_cents: i64,
    charged_cents: i64,
    refunded_cents: i64,
    /// The bank's page where the customer confirms the payment; null unless the bank asks for it.
    action_url: Option<String>,
    #[schema(value_type = Option<wire::Decline>)]
    declined: Option<Decline>,
    capture_before: Option<Time>,
    /// Tips added after the order had ended; each is a charge of its own.
    tips: Vec<TipView>,
}

/// A tip added after the order had ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TipView {
    amount_cents: i64,
    #[schema(value_type = wire::TipState)]
    state: TipState,
}

impl PaymentView {
    pub(crate) fn of(order: &Order, currency: &str) -> Self {
        let raising = order
            .stage
            .proposal()
            .is_some_and(|open| open.raise.is_some());
        let asking = order.payment == PaymentStatus::Initiating || raising;
        Self {
            id: order.id,
            order_id: order.id,
            status: order.payment,
            collection: order.collection,
            currency: currency.into(),
            authorized_cents: order.authorized().0,
            charged_cents: order.charged.0,
            refunded_cents: order.refunded.0,
            action_url: order.action_url.clone().filter(|_| asking),
            declined: order.declined,
            capture_before: order.capture_before.map(Time),
            tips: order
                .later_tips()
                .map(|(cents, state)| TipView {
                    amount_cents: cents.0,
                    state,
                })
                .collect(),
        }
    }
}

/// The escrow of an order; for the customer and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscrowView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    #[schema(value_type = wire::EscrowStatus)]
    status: EscrowStatus,
    currency: String,
    held_cents: i64,
}

impl EscrowView {
    pub(crate) fn of(order: &Order, currency: &str) -> Self {
        Self {
            order_id: order.id,
            status: order.escrow,
            currency: currency.into(),
            held_cents: held(order).0,
        }
    }
}

/// The amount in escrow: pending holds, and the charge once the food is bought.
fn held(order: &Order) -> Cents {
    if order.escrow != EscrowStatus::Held {
        return Cents::ZERO;
    }
    let holds = order
        .calls
        .iter()
        .filter(|(_, call)| matches!(call.kind, CallKind::Authorize { .. }));
    let promised: Cents = holds
        .filter_map(|(n, _)| order.promises.get(n).copied())
        .sum();
    if order.stage.bought().is_some() {
        order.charged + promised
    } else {
        promised
    }
}

/// What the runner gets; for the runner and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarningsView {
    currency: String,
    /// The cost of the food: the estimate until it is bought, then the receipt's total. The runner is paid it back.
    food_cents: i64,
    delivery_fee_cents: i64,
    tip_cents: i64,
    platform_fee_cents: i64,
    /// Food, fee and tip less the platform's fee; once the order has ended, the amount that was paid out.
    total_cents: i64,
    /// Paid tips that were added after the order had ended; not part of the total.
    later_tips_cents: i64,
    /// What a dispute took back after the end, whether it was paid or is owed.
    #[serde(skip_serializing_if = "is_zero")]
    taken_back_cents: i64,
    paid: bool,
}

impl EarningsView {
    pub(crate) fn of(order: &Order, currency: &str) -> Self {
        let price = &order.terms.price;
        let food = order
            .stage
            .bought()
            .map_or(price.food_estimate, |bought| bought.food);
        let charge = price.charge(food);
        let usual = charge - price.fee_of(charge);
        let (total, paid) = match &order.stage {
            Stage::Completed(..) => (order.shared.map_or(usual, |share| share.to_runner), true),
            Stage::Cancelled(cancellation) => (to_runner(&cancellation.settlement), true),
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
            | Stage::Delivered(..) => (usual, false),
        };
        Self {
            currency: currency.into(),
            food_cents: food.0,
            delivery_fee_cents: price.delivery_fee.0,
            tip_cents: price.tip.0,
            platform_fee_cents: price.platform_fee.0,
            total_cents: total.0,
            later_tips_cents: later_tips(order).0,
            taken_back_cents: order.taken_back.0,
            paid: paid && total.is_positive(),
        }
    }
}

/// The sum of paid tips that were added after the order had ended.
pub(crate) fn later_tips(order: &Order) -> Cents {
    let paid = order
        .later_tips()
        .filter(|(_, state)| *state == TipState::Paid);
    paid.map(|(cents, _)| cents).sum()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(cents: &i64) -> bool {
    *cents == 0
}

/// The runner's part of the money of a cancelled order.
pub(crate) const fn to_runner(settlement: &Settlement) -> Cents {
    match settlement {
        Settlement::Free => Cents::ZERO,
        Settlement::Trip { to_runner, .. } => *to_runner,
        Settlement::Release(release) => release.to_runner,
    }
}
