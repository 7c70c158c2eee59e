//! What is shown to whom. One type per viewer: what a type does not name can't leak.
//!
//! The board and active runners see store, building, fee, tip, the runner's outlay, the items' names and the age. The
//! runner sees items, drop-off, notes and the customer's first name until a day after the end, and own earnings; never
//! the card, the hold, the cap or the PIN. A former runner sees only what they did. Phones, e-mails: operators only.
//! Must not: ask the runtime, but for [`related`].

pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod dispute;
pub(crate) mod event;
pub(crate) mod inbox;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod money;
pub(crate) mod order;
pub(crate) mod parts;
pub(crate) mod payout;
pub(crate) mod person;
pub(crate) mod quote;
pub(crate) mod receipt;
pub(crate) mod related;
pub(crate) mod saga;
pub(crate) mod stalled;
pub(crate) mod statement;
pub(crate) mod store;
pub(crate) mod summary;
pub(crate) mod timer;
pub(crate) mod wallet;

#[cfg(test)]
pub(crate) mod tests;

use crate::app_state::AppState;
use crate::auth::{LoadedOrder, Me};
use campusg_domain::{
    id::{Seq, UserId},
    order::{Order, Role, Stage},
    policy::Policy,
    time::{At, DAY_MS},
};
use std::sync::Arc;

/// Who looks at an order, with the rights of now.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) user: UserId,
    /// `Stranger` is an active runner who looks at the board.
    pub(crate) role: Role,
    /// Whether the runner may still see what is personal: until a day after the end.
    pub(crate) recent: bool,
    pub(crate) now: At,
    /// The last record that what he is shown must know of.
    pub(crate) as_of: Seq,
    /// By which rules the order goes on.
    pub(crate) policy: Arc<Policy>,
}

impl Viewer {
    /// The caller before an order as it is now.
    pub(crate) fn new(app: &AppState, me: &Me, order: &Order, role: Role) -> Self {
        let now = app.now();
        Self {
            user: me.user,
            role,
            recent: is_recent(order, now),
            now,
            as_of: me.durable,
            policy: Arc::clone(app.policy()),
        }
    }

    /// In which all amounts are.
    pub(crate) fn currency(&self) -> &str {
        &self.policy.currency
    }

    /// The caller before the order that the gate loaded for him.
    pub(crate) fn of(app: &AppState, me: &Me, seen: &LoadedOrder) -> Self {
        Self::new(app, me, &seen.order, seen.role)
    }
}

/// Whether the order has not ended, or not longer than a day ago. A completed order counts from its delivery.
fn is_recent(order: &Order, now: At) -> bool {
    let ended = match &order.stage {
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
        | Stage::Delivered(..) => return true,
    };
    now.since(ended) < DAY_MS
}
