//! JSON views. Each type is for one kind of reader, so a field that it does not have cannot leak.
//!
//! The board shows active runners the store, building, fee, tip, the estimated cost of the food, the items' names and
//! the age. The runner sees items, drop-off, notes and the customer's first name until a day after the end, and their
//! own earnings; never the card, the hold, the cap or the PIN. A former runner sees only what they did. Phone numbers
//! and e-mail addresses are for operators only.
//! Must not: query the runtime, except in [`related`].

pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod dispute;
pub(crate) mod docs;
pub(crate) mod event;
pub(crate) mod inbox;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod money;
pub(crate) mod order;
pub(crate) mod parts;
pub(crate) mod payout;
pub(crate) mod person;
pub(crate) mod platform;
pub(crate) mod problem;
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

/// The reader of an order, with their present rights.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) user: UserId,
    /// `Stranger` is an active runner who sees the order on the board.
    pub(crate) role: Role,
    /// Whether the runner may still see personal data: until a day after the order has ended.
    pub(crate) recent: bool,
    pub(crate) now: At,
    /// The journal's position that related data must have reached, so that a caller sees their own writes.
    pub(crate) as_of: Seq,
    /// The policy that decides how the order may go on.
    pub(crate) policy: Arc<Policy>,
}

impl Viewer {
    /// The caller's view of the present order in this role.
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

    /// The currency of all amounts.
    pub(crate) fn currency(&self) -> &'static str {
        self.policy.currency.code()
    }

    /// The caller's view of the order that the gate has loaded.
    pub(crate) fn of(app: &AppState, me: &Me, seen: &LoadedOrder) -> Self {
        Self::new(app, me, &seen.order, seen.role)
    }
}

/// Whether the order is live or ended at most a day ago. A completed order counts from its delivery.
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
