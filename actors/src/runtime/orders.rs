//! Orders: commands to them, and queries of one or of many. No query goes through an order's actor.

mod disputes;
mod history;
mod messages;
mod placing;

pub use disputes::{DisputeReply, DisputeThread};
pub use history::History;
pub use messages::{Message, Messages};
pub use placing::{DropoffDetails, NewOrder};

use super::{Refusal, Runtime};
use crate::{registry::KeyState, shell::order::Done};
use campusg_domain::{
    id::{OrderId, Seq, UserId},
    order::{Command, Order, Status},
    people::Side,
    stream::{Envelope, Meta},
    time::At,
};
use campusg_storage::{read::Reads, snapshot::SnapshotFault};
use std::sync::Arc;

/// The result of a command to an order.
#[derive(Clone, Debug)]
pub struct OrderReply {
    /// The order as the command left it.
    pub order: Arc<Order>,
    /// Whether the command was a repeat of one that had already taken effect.
    pub repeated: bool,
}

impl From<Done> for OrderReply {
    fn from(done: Done) -> Self {
        Self {
            order: done.order,
            repeated: done.repeated,
        }
    }
}

/// A person's role in the orders that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// They placed the order.
    Customer,
    /// They are or were its runner.
    Runner,
}

/// A query for a person's orders.
#[derive(Clone, Copy, Debug)]
pub struct OrdersOf {
    /// The person.
    pub user: UserId,
    /// The person's role in the orders.
    pub party: Party,
    /// Only orders in this status; `None` for all.
    pub status: Option<Status>,
    /// [`OrderPage::next`] of the previous page.
    pub before: Option<Seq>,
    /// 1 to 100.
    pub limit: usize,
}

/// A page of a person's orders.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Newest first, by the time at which the person became a party.
    pub orders: Vec<Arc<Order>>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

impl Runtime {
    /// Gives a command to an order.
    ///
    /// # Errors
    /// `KeyReused`, then the rules of the command; `NeedsAttention` if the order is quarantined.
    pub async fn order_command(
        &self,
        meta: Meta,
        order: OrderId,
        command: Command,
    ) -> Result<OrderReply, Refusal> {
        self.admit()?;
        let envelope = Envelope {
            meta,
            target: order,
            command,
        };
        self.orders().send(envelope).await.map(OrderReply::from)
    }

    /// Returns an order as it is now. A live order is in memory or in the hot store, so it is read in place.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be read now.
    pub async fn order(&self, order: OrderId) -> Result<Option<Arc<Order>>, Refusal> {
        if !matches!(self.orders().registry().state(order), KeyState::Live { .. }) {
            return self.read(move |reads| reads.order(order)).await;
        }
        self.folded().await?;
        let reads = self.reads();
        if !reads.archive_is_open() {
            return self.0.services.read(move |reads| reads.order(order)).await;
        }
        Ok(reads.order(order)?)
    }

    /// Returns the delivery PIN of an order, 0 to 9999.
    #[must_use]
    pub fn pin(&self, order: OrderId) -> u16 {
        self.0.services.pin(order)
    }

    /// Returns the orders on the board, oldest first, after the last order of the previous page; `limit` is 1 to 100.
    ///
    /// # Errors
    /// A [`Refusal`] if the board can't be read now.
    pub async fn board(
        &self,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Arc<Order>>, Refusal> {
        self.read(move |reads| reads.board(place_of(reads, after)?, limit))
            .await
    }

    /// Returns a page of a person's orders, newest first.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn orders_of(&self, wanted: OrdersOf) -> Result<OrderPage, Refusal> {
        let OrdersOf {
            user,
            party,
            status,
            before,
            limit,
        } = wanted;
        let side = match party {
            Party::Customer => Side::Customer,
            Party::Runner => Side::Runner,
        };
        let page = self
            .read(move |reads| reads.my_orders(user, side, status, before, limit))
            .await?;
        Ok(OrderPage {
            orders: page.orders,
            next: page.next,
        })
    }

    /// Returns live orders in one status or in any, oldest first, after the last order of the previous page; `limit`
    /// is 1 to 100. Meant for operators.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn live_orders(
        &self,
        status: Option<Status>,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Arc<Order>>, Refusal> {
        self.read(move |reads| {
            let after = place_of(reads, after)?;
            let wanted: Vec<Status> =
                status.map_or_else(|| Status::ALL.to_vec(), |status| vec![status]);
            let mut orders = vec![];
            for status in wanted {
                orders.extend(reads.live_orders(status, after, limit)?);
            }
            orders.sort_unstable_by_key(|order| (order.terms.placed_at, order.id));
            orders.truncate(limit);
            Ok(orders)
        })
        .await
    }

    /// Returns the orders with a stalled step, which needs a person.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn stalled_orders(&self) -> Result<Vec<Arc<Order>>, Refusal> {
        self.read(Reads::stalled_orders).await
    }
}

/// Returns the position in a list after which a page begins, given the last order of the previous page.
fn place_of(reads: &Reads, order: Option<OrderId>) -> Result<Option<(At, OrderId)>, SnapshotFault> {
    let order = order.map(|id| reads.order(id)).transpose()?.flatten();
    Ok(order.map(|order| (order.terms.placed_at, order.id)))
}
