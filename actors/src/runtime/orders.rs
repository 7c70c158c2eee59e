//! Orders: commands to them, and what is asked of one or of many. No question goes through an order's actor.

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

/// An order after a command, and what the command was answered with.
#[derive(Clone, Debug)]
pub struct OrderReply {
    /// The order as of the command.
    pub order: Arc<Order>,
    /// Whether this was a repeat of a command that had taken effect before.
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

/// On which side of an order somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Ordered.
    Customer,
    /// Runs, or ran.
    Runner,
}

/// Which orders of somebody are wanted.
#[derive(Clone, Copy, Debug)]
pub struct OrdersOf {
    /// Whose.
    pub user: UserId,
    /// On which side.
    pub party: Party,
    /// Only in this status.
    pub status: Option<Status>,
    /// `next` of the page before.
    pub before: Option<Seq>,
    /// 1–100.
    pub limit: usize,
}

/// A page of somebody's orders.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Newest first, by when the person became a party.
    pub orders: Vec<Arc<Order>>,
    /// Where to go on, if more may follow.
    pub next: Option<Seq>,
}

impl Runtime {
    /// Gives a command to an order.
    ///
    /// # Errors
    /// `KeyReused`, then the rules of the command; `NeedsAttention` where the order is in quarantine.
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

    /// An order as of now. One that lives is in memory or in the small store of live things: it is read in place.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn order(&self, order: OrderId) -> Result<Option<Arc<Order>>, Refusal> {
        if !matches!(self.orders().registry().state(order), KeyState::Live { .. }) {
            return self.read(move |reads| reads.order(order)).await;
        }
        let reads = self.reads();
        reads
            .wait_folded(reads.head().0)
            .await
            .map_err(|_| Refusal::Stopping)?;
        if !reads.archive_is_open() {
            return self.0.services.read(move |reads| reads.order(order)).await;
        }
        reads.order(order).map_err(|fault| {
            tracing::error!(%fault, "a read failed");
            Refusal::Fault
        })
    }

    /// The PIN of an order, 0–9999.
    #[must_use]
    pub fn pin(&self, order: OrderId) -> u16 {
        self.0.services.pin(order)
    }

    /// Orders on the board, oldest first, after the last order of the page before, 1–100 at once.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn board(
        &self,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Arc<Order>>, Refusal> {
        self.read(move |reads| reads.board(place_of(reads, after)?, limit))
            .await
    }

    /// Somebody's orders, newest first.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
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

    /// Live orders, in one status or in any, for operators; oldest first, after the last order of the page before,
    /// 1–100 at once.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
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

    /// Orders with a step that needs a person.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
    pub async fn stalled_orders(&self) -> Result<Vec<Arc<Order>>, Refusal> {
        self.read(Reads::stalled_orders).await
    }
}

/// Where a list goes on after an order.
fn place_of(reads: &Reads, order: Option<OrderId>) -> Result<Option<(At, OrderId)>, SnapshotFault> {
    let order = order.map(|id| reads.order(id)).transpose()?.flatten();
    Ok(order.map(|order| (order.terms.placed_at, order.id)))
}
