//! Views of what placing an order would cost and of what cancelling it would cost.

use super::money::PriceView;
use crate::time::Time;
use campusg_domain::{
    order::{Price, Quote},
    policy::Policy,
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What cancelling would cost now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuoteView {
    currency: String,
    charge_cents: i64,
    to_runner_cents: i64,
    to_platform_cents: i64,
    let_go_cents: i64,
}

impl QuoteView {
    pub(crate) fn of(quote: &Quote, currency: &str) -> Self {
        Self {
            currency: currency.into(),
            charge_cents: quote.charge.0,
            to_runner_cents: quote.to_runner.0,
            to_platform_cents: quote.to_platform.0,
            let_go_cents: quote.let_go.0,
        }
    }
}

/// What an order would cost, how much would be held, and when it would reach the board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacingView {
    #[serde(flatten)]
    price: PriceView,
    /// The earliest time of delivery; null if the order is wanted at once.
    deliver_after: Option<Time>,
    /// When the order would go on the board; null if at once.
    opens_at: Option<Time>,
}

impl PlacingView {
    pub(crate) fn of(price: &Price, wished: Option<At>, policy: &Policy, now: At) -> Self {
        let deliver_after = wished.filter(|after| *after > now);
        let opens_at = deliver_after.map(|after| after.minus(policy.board_lead_ms));
        Self {
            price: PriceView::of(price, policy.currency.code()),
            deliver_after: deliver_after.map(Time),
            opens_at: opens_at.filter(|opens_at| *opens_at > now).map(Time),
        }
    }
}
