//! Receipts: each side its own.

use super::{
    Reader,
    beside::Beside,
    money::to_runner,
    parts::{ItemView, StoreView, items},
};
use crate::{
    html::escaped,
    time::{Time, in_words},
};
use campusg_domain::{
    id::OrderId,
    money::Cents,
    order::{Order, Role, Stage, Status},
};
use serde::Serialize;
use std::fmt::Write;

/// A receipt.
#[derive(Debug, Serialize)]
pub(crate) struct ReceiptView {
    order_id: OrderId,
    r#as: &'static str,
    status: Status,
    store: StoreView,
    items: Vec<ItemView>,
    currency: String,
    lines: Vec<Line>,
    total_cents: i64,
    placed_at: Time,
    ended_at: Time,
}

/// A line of a receipt.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    label: &'static str,
    amount_cents: i64,
}

impl ReceiptView {
    /// The receipt of an order that has ended; `None` before.
    pub(crate) fn of(order: &Order, reader: &Reader, beside: &Beside) -> Option<Self> {
        let ended_at = match &order.stage {
            Stage::Completed(_, _, delivery) => delivery.at,
            Stage::Cancelled(cancellation) => cancellation.at,
            _ => return None,
        };
        let is_runner = reader.role == Role::Runner;
        let lines: Vec<Line> = if is_runner {
            earned(order)
        } else {
            charged(order)
        };
        Some(Self {
            order_id: order.id,
            r#as: if is_runner { "runner" } else { "customer" },
            status: order.status(),
            store: StoreView::of(&order.store, &beside.stores),
            items: if is_runner && !reader.recent {
                vec![]
            } else {
                items(order)
            },
            currency: reader.currency.clone(),
            total_cents: lines.iter().map(|line| line.amount_cents).sum(),
            lines,
            placed_at: order.terms.placed_at.into(),
            ended_at: ended_at.into(),
        })
    }

    /// The receipt as a page that prints well. Every text from outside is escaped.
    pub(crate) fn html(&self) -> String {
        let mut page = String::with_capacity(2_048);
        let cents = |amount: i64| format!("{} {}", Cents(amount), escaped(&self.currency));
        let _ = write!(
            page,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>Receipt</title><style>{STYLE}</style></head>\
             <body><main><h1>Receipt</h1><p>{}<br><small>{}</small></p>",
            self.title(),
            in_words(self.ended_at.0)
        );
        if let (Some(name), Some(place)) = (&self.store.name, &self.store.place) {
            let _ = write!(
                page,
                "<p><b>{}</b><br><small>{}</small></p>",
                escaped(name),
                escaped(place)
            );
        }
        page.push_str("<ul>");
        for item in &self.items {
            let _ = write!(page, "<li>{} × {}</li>", item.quantity, escaped(&item.name));
        }
        page.push_str("</ul><table>");
        for line in &self.lines {
            let _ = write!(
                page,
                "<tr><td>{}</td><td>{}</td></tr>",
                line.label,
                cents(line.amount_cents)
            );
        }
        let _ = write!(
            page,
            "<tr><th>Total</th><th>{}</th></tr></table><footer>Order {}<br>placed {}</footer></main></body></html>",
            cents(self.total_cents),
            self.order_id,
            in_words(self.placed_at.0)
        );
        page
    }

    fn title(&self) -> &'static str {
        match (self.status, self.r#as) {
            (Status::Cancelled, _) => "Cancelled",
            (_, "runner") => "Delivered by you",
            _ => "Delivered to you",
        }
    }
}

/// Reads well on a phone, and prints without its frame.
const STYLE: &str = "body{font:17px/1.45 system-ui,sans-serif;margin:0;padding:1.25rem;color:#1d2433;background:#f6f7f9}\
main{max-width:26rem;margin:0 auto;background:#fff;border-radius:1rem;padding:1.25rem 1.5rem;box-shadow:0 1px 6px #0002}\
h1{font-size:1.4rem;margin:0 0 .25rem}ul{list-style:none;padding:.75rem 0;margin:.75rem 0;border-top:1px dashed #c5cad3;\
border-bottom:1px dashed #c5cad3}table{width:100%;border-collapse:collapse}td,th{padding:.3rem 0;text-align:left}\
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
th{border-top:1px solid #1d2433}small,footer{color:#667085}footer{margin-top:1rem;font-size:.8rem;word-break:break-all}\
@media print{body{background:#fff;padding:0}main{box-shadow:none}}";

/// What the customer paid.
fn charged(order: &Order) -> Vec<Line> {
    let price = &order.terms.price;
    let mut lines = match (&order.stage, order.stage.bought()) {
        (_, Some(bought)) => {
            vec![
                line("Food", bought.food),
                line("Delivery fee", price.delivery_fee),
                line("Tip", price.tip),
            ]
        }
        (Stage::Cancelled(cancellation), None) => {
            vec![line("Runner's trip", to_runner(&cancellation.settlement))]
        }
        _ => vec![],
    };
    lines.push(line("Refunded", -order.refunded));
    lines.retain(|line| line.amount_cents != 0);
    lines
}

/// What the runner got.
fn earned(order: &Order) -> Vec<Line> {
    let price = &order.terms.price;
    let charge = |food: Cents| price.charge(food);
    let mut lines = match (&order.stage, order.stage.bought()) {
        (Stage::Cancelled(cancellation), None) => {
            vec![line("Trip", to_runner(&cancellation.settlement))]
        }
        (stage, Some(bought)) => {
            let usual = charge(bought.food) - price.platform_fee.min(charge(bought.food));
            let total = match stage {
                Stage::Cancelled(cancellation) => to_runner(&cancellation.settlement),
                _ => usual,
            };
            vec![
                line("Food paid back", bought.food),
                line("Delivery fee", price.delivery_fee),
                line("Tip", price.tip),
                line("Platform fee", usual - charge(bought.food)),
                line("Returned to the customer", total - usual),
            ]
        }
        _ => vec![],
    };
    lines.retain(|line| line.amount_cents != 0);
    lines
}

const fn line(label: &'static str, amount: Cents) -> Line {
    Line {
        label,
        amount_cents: amount.0,
    }
}
