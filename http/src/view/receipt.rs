//! Receipts, one for each party: the estimate, the result, what the card paid, and the ledger's transfers that prove
//! it.
//!
//! Invariant: no amount is computed a second time here. Each one is a sum of lines of the statement, which is built
//! from the ledger's transfers, or stands in the order's terms.

mod html;

use super::{
    Viewer,
    parts::{ItemView, StoreView, items},
    related::Related,
    wallet::{kind, own_side},
};
use crate::{time::Time, wire};
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    money::{Cents, Currency, Transfer, TransferId},
    order::{Order, Role, Stage, Status},
    owner::wallet::{Line, LineKind, Receipt, Shows},
    people::Side,
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    #[schema(value_type = wire::Side)]
    r#as: Side,
    #[schema(value_type = wire::Status)]
    status: Status,
    store: StoreView,
    items: Vec<ItemView>,
    #[schema(value_type = wire::Currency)]
    currency: Currency,
    /// The amounts that were expected when the order was placed.
    estimate: EstimateView,
    /// What the order cost the customer, or earned the runner.
    lines: Vec<LineView>,
    total_cents: i64,
    /// What was charged to or refunded to the card, or set off against debts.
    settled: Vec<LineView>,
    /// For the customer: what this order changed in the wallet; negative is a debt, which is paid outside of the
    /// order.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_wallet_cents: Option<i64>,
    transfers: Vec<TransferView>,
    photos: Vec<PhotoView>,
    placed_at: Time,
    ended_at: Time,
}

/// The amounts that were expected when the order was placed.
#[derive(Debug, Serialize, ToSchema)]
struct EstimateView {
    food_cents: i64,
    delivery_fee_cents: i64,
    tip_cents: i64,
    /// The platform's fee; only for the runner.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_fee_cents: Option<i64>,
    total_cents: i64,
}

/// A line of a receipt: the sum of all movements of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptLineView)]
struct LineView {
    #[schema(value_type = wire::LineKind)]
    kind: LineKind,
    label: &'static str,
    amount_cents: i64,
}

/// A transfer on the reader's accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptTransferView)]
struct TransferView {
    id: String,
    at: Time,
    kind: &'static str,
    account: &'static str,
    amount_cents: i64,
}

/// A photo that the runner took: of the store's receipt, or of the delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptPhotoView)]
struct PhotoView {
    #[schema(value_type = wire::PhotoId)]
    photo_id: PhotoId,
    #[schema(value_type = wire::Shows)]
    shows: Shows,
}

/// Returns the person and the side whose receipt this viewer gets.
pub(crate) fn side_of(order: &Order, viewer: &Viewer) -> (UserId, Side) {
    if viewer.role == Role::Runner {
        (viewer.user, Side::Runner)
    } else {
        (order.terms.customer, Side::Customer)
    }
}

impl ReceiptView {
    /// The order must have ended.
    pub(crate) fn of(
        order: &Order,
        viewer: &Viewer,
        related: &Related,
        statement: &Receipt,
    ) -> Self {
        let (user, side) = side_of(order, viewer);
        let lines = cost(side, &statement.lines);
        let settled = settled(side, &statement.lines);
        let (total, paid) = (sum(&lines), sum(&settled));
        Self {
            order_id: order.id,
            r#as: side,
            status: order.status(),
            store: StoreView::of(&order.store, &related.stores),
            items: if side == Side::Runner && !viewer.recent {
                vec![]
            } else {
                items(order)
            },
            currency: viewer.policy.currency,
            estimate: EstimateView::of(order, side),
            lines,
            total_cents: total,
            settled,
            in_wallet_cents: (side == Side::Customer).then_some(paid - total),
            transfers: statement
                .transfers
                .iter()
                .map(|transfer| TransferView::of(user, transfer))
                .collect(),
            photos: statement
                .photos
                .iter()
                .map(|&(photo_id, shows)| PhotoView { photo_id, shows })
                .collect(),
            placed_at: order.terms.placed_at.into(),
            ended_at: ended_at(order).into(),
        }
    }
}

const fn ended_at(order: &Order) -> At {
    match &order.stage {
        Stage::Completed(_, _, delivery) => delivery.at,
        Stage::Cancelled(cancellation) => cancellation.at,
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
        | Stage::Delivered(..) => order.last_at,
    }
}

impl EstimateView {
    fn of(order: &Order, side: Side) -> Self {
        let price = &order.terms.price;
        let charge = price.charge(price.food_estimate);
        let fee = (side == Side::Runner).then(|| price.fee_of(charge));
        Self {
            food_cents: price.food_estimate.0,
            delivery_fee_cents: price.delivery_fee.0,
            tip_cents: price.tip.0,
            platform_fee_cents: fee.map(|fee| -fee.0),
            total_cents: (charge - fee.unwrap_or_default()).0,
        }
    }
}

impl TransferView {
    fn of(user: UserId, (id, at, transfer): &(TransferId, At, Transfer)) -> Self {
        let (account, cents) = own_side(user, transfer);
        Self {
            id: id.to_string(),
            at: (*at).into(),
            kind: kind(transfer.debit, transfer.credit),
            account,
            amount_cents: cents.0,
        }
    }
}

/// Lines of what the order cost the customer (positive is paid), or of what it earned the runner.
fn cost(side: Side, lines: &[Line]) -> Vec<LineView> {
    use LineKind::{
        Compensation, DeliveryFee, Dispute, Food, Goodwill, Other, PlatformFee, Refund, Tip,
    };
    let kinds = [
        Food,
        DeliveryFee,
        Tip,
        Compensation,
        PlatformFee,
        Refund,
        Goodwill,
        Dispute,
        Other,
    ];
    let signed = |cents: Cents| match side {
        Side::Customer => -cents,
        Side::Runner => cents,
    };
    together(side, &kinds, lines, signed)
}

/// Lines of what the customer's card paid and got back, or of what went from the runner's earnings to earlier debts.
fn settled(side: Side, lines: &[Line]) -> Vec<LineView> {
    use LineKind::{CardCharged, CardRefunded, SetOff};
    let kinds: &[LineKind] = match side {
        Side::Customer => &[CardCharged, CardRefunded],
        Side::Runner => &[SetOff],
    };
    together(side, kinds, lines, |cents| cents)
}

/// Adds up the lines of each of these kinds; kinds whose sum is 0 are left out.
fn together(
    side: Side,
    kinds: &[LineKind],
    lines: &[Line],
    signed: impl Fn(Cents) -> Cents,
) -> Vec<LineView> {
    let of_kind = |kind: &LineKind| -> Cents {
        let of_kind = lines.iter().filter(|line| line.kind == *kind);
        of_kind.map(|line| line.cents).sum()
    };
    let amounts = kinds.iter().map(|kind| (*kind, signed(of_kind(kind))));
    amounts
        .filter(|(_, cents)| *cents != Cents::ZERO)
        .map(|(kind, cents)| LineView {
            kind,
            label: label(side, kind),
            amount_cents: cents.0,
        })
        .collect()
}

fn sum(lines: &[LineView]) -> i64 {
    lines.iter().map(|line| line.amount_cents).sum()
}

const fn label(side: Side, kind: LineKind) -> &'static str {
    match (kind, side) {
        (LineKind::Food, Side::Customer) => "Food",
        (LineKind::Food, Side::Runner) => "Food paid back",
        (LineKind::DeliveryFee, _) => "Delivery fee",
        (LineKind::Tip, _) => "Tip",
        (LineKind::Compensation, Side::Customer) => "Runner's trip",
        (LineKind::Compensation, Side::Runner) => "Trip",
        (LineKind::PlatformFee, _) => "Platform fee",
        (LineKind::Refund, Side::Customer) => "Refunded",
        (LineKind::Refund, Side::Runner) => "Returned to the customer",
        (LineKind::Goodwill, _) => "Goodwill",
        (LineKind::Dispute, _) => "Decided in a dispute",
        (LineKind::SetOff | LineKind::DebtPaid, _) => "Kept for what you owed",
        (LineKind::CardCharged, _) => "Charged to your card",
        (LineKind::CardRefunded, _) => "Back on your card",
        (LineKind::Other, _) => "Other",
    }
}
