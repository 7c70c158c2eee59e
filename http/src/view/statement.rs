//! Views of how one order changed a person's money, with a column for each part; for that person.

use crate::{time::Time, wire};
use campusg_actors::runtime::OrderStatement;
use campusg_domain::{
    id::OrderId,
    money::Cents,
    owner::wallet::{Line, LineKind},
    people::Side,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The statement of one order. The columns add up to the total, which is the change of wallet and debt together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatementView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    #[schema(value_type = wire::Side)]
    side: Side,
    food_cents: i64,
    delivery_fee_cents: i64,
    tip_cents: i64,
    compensation_cents: i64,
    platform_fee_cents: i64,
    /// Refunds, charges, goodwill, disputes and set-offs together; each is also a line.
    other_cents: i64,
    total_cents: i64,
    lines: Vec<LineView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLineView)]
struct LineView {
    at: Time,
    #[schema(value_type = wire::LineKind)]
    kind: LineKind,
    amount_cents: i64,
}

impl From<&OrderStatement> for StatementView {
    fn from(statement: &OrderStatement) -> Self {
        use LineKind::{Compensation, DeliveryFee, Food, PlatformFee, Tip};
        let lines = &statement.lines;
        let total: Cents = lines.iter().map(|line| line.cents).sum();
        let sum = |kind: LineKind| -> i64 {
            let of_kind = lines.iter().filter(|line| line.kind == kind);
            of_kind.map(|line| line.cents).sum::<Cents>().0
        };
        let columns = [Food, DeliveryFee, Tip, Compensation, PlatformFee].map(sum);
        let [food, delivery_fee, tip, compensation, platform_fee] = columns;
        Self {
            order_id: statement.order,
            side: statement.side,
            food_cents: food,
            delivery_fee_cents: delivery_fee,
            tip_cents: tip,
            compensation_cents: compensation,
            platform_fee_cents: platform_fee,
            other_cents: total.0 - columns.iter().sum::<i64>(),
            total_cents: total.0,
            lines: lines.iter().map(LineView::from).collect(),
        }
    }
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            at: line.at.into(),
            kind: line.kind,
            amount_cents: line.cents.0,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use campusg_domain::{id::Seq, time::At};

    #[test]
    fn the_columns_add_up_to_the_total() {
        use LineKind::*;
        let line = |(kind, cents)| Line {
            seq: Seq(1),
            at: At(0),
            kind,
            cents: Cents(cents),
        };
        let lines = [
            (Food, 2_150),
            (DeliveryFee, 399),
            (Tip, 200),
            (PlatformFee, -100),
            (Tip, 300),
            (Dispute, -649),
            (SetOff, -351),
            (DebtPaid, 351),
        ];
        let statement = OrderStatement {
            order: OrderId::from_bytes([7; 16]),
            side: Side::Runner,
            lines: lines.map(line).into(),
        };
        let shown = serde_json::to_value(StatementView::from(&statement)).unwrap();
        let said = |column: &str| shown[column].as_i64().unwrap();
        assert_eq!(said("tip_cents"), 500, "the later one too");
        assert_eq!(said("platform_fee_cents"), -100);
        assert_eq!(said("compensation_cents"), 0);
        assert_eq!(said("other_cents"), -649);
        assert_eq!(said("total_cents"), 2_300);
        assert_eq!(shown["lines"].as_array().unwrap().len(), lines.len());
        assert_eq!(shown["lines"][6]["kind"], "set_off");
        assert_eq!(shown["side"], "runner");
    }
}
