//! Placing an order: sealing its personal text, pricing it, and waiting until it is on the board.

use super::OrderReply;
use crate::{
    live::Following,
    runtime::{
        Refusal, Runtime,
        bounds::{NOTES_CHARS, PLACE_CHARS},
        text::{plain, text},
    },
};
use campusg_domain::{
    call::CardToken,
    id::{OrderId, Seq, Stream, UserId},
    money::Cents,
    order::{self, Command, Dropoff, Handover, Item, Order, Placement, Price, Stage, StoreRef},
    stream::{Envelope, Meta},
    text::Sealed,
    time::At,
};
use std::{sync::Arc, time::Duration};

/// The sealing context of drop-off details.
const DROPOFF: &str = "dropoff";

/// The exact place of delivery; sealed before it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DropoffDetails {
    /// The level of the building.
    pub level: Option<String>,
    /// The room, as the customer describes it.
    pub room: Option<String>,
    /// A place to meet instead of the room.
    pub meeting_point: Option<String>,
    /// Notes to the runner.
    pub notes: Option<String>,
}

/// An order to be placed, in plain text.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The store where the runner buys.
    pub store: StoreRef,
    /// The shopping list, with the expected prices.
    pub items: Vec<Item>,
    /// The building, which is shown on the board.
    pub building: String,
    /// The place within the building, which is sealed.
    pub details: DropoffDetails,
    /// How the food changes hands, which decides what proves the delivery.
    pub handover: Handover,
    /// The tip, 0 or more.
    pub tip: Cents,
    /// The earliest time of delivery; `None` if the order is wanted at once.
    pub deliver_after: Option<At>,
}

impl NewOrder {
    /// Trims the personal texts and drops blank ones. The others must be visible and short.
    ///
    /// # Errors
    /// `InvalidField` with the path of the text.
    fn checked(mut self) -> Result<Self, Refusal> {
        let details = &mut self.details;
        for (field, given) in [
            ("dropoff.level", &mut details.level),
            ("dropoff.room", &mut details.room),
            ("dropoff.meeting_point", &mut details.meeting_point),
        ] {
            if let Some(given) = given {
                *given = text(field, given, PLACE_CHARS)?;
            }
        }
        if let Some(notes) = &mut details.notes {
            *notes = plain("dropoff.notes", notes, NOTES_CHARS)?;
        }
        Ok(self)
    }
}

impl Runtime {
    /// Places an order for the caller. Returns it once it is on the board, waiting or cancelled, or after
    /// `placing_wait_ms` in whatever state it is then.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, then the rules of transition 1.
    pub async fn place_order(&self, meta: Meta, wish: NewOrder) -> Result<OrderReply, Refusal> {
        let customer = meta.user()?;
        if let Some(done) = self.done_before(&meta).await? {
            let order = done.record.stream.order().ok_or(Refusal::Fault)?;
            return self.placed_before(order).await;
        }
        let now = self.clock().now();
        let order = OrderId::from_bytes(self.entropy().uuid(now));
        let placement = self.placement(customer, wish.checked()?)?;
        self.admit()?;
        // The subscription begins before the command, so that no event is missed.
        let following = self.hub().follow(order);
        let envelope = Envelope {
            meta,
            target: order,
            command: Command::Place(Box::new(placement)),
        };
        match self.orders().place(envelope).await {
            // Somebody else's request under the same key was faster.
            Ok(done) if done.order.id != order => self.placed_before(done.order.id).await,
            Ok(done) => Ok(self.until_settled(done.into(), following).await),
            Err(Refusal::Rejected { rejection, .. }) => Err(Refusal::rule(rejection)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Returns the answer to a repeated placement: the order as it is now.
    async fn placed_before(&self, order: OrderId) -> Result<OrderReply, Refusal> {
        let order = self.order(order).await?;
        Ok(OrderReply {
            order: order.ok_or_else(|| Refusal::not_found("order"))?,
            repeated: true,
        })
    }

    /// Returns what an order would cost and how much would be held.
    ///
    /// # Errors
    /// `InvalidField`, then every rule of placing that does not concern the customer.
    pub fn price(&self, wish: NewOrder) -> Result<Price, Refusal> {
        let (policy, now) = (&*self.0.services.policy, self.clock().now());
        let wish = wish.checked()?;
        let nobody = UserId::from_bytes([0; 16]);
        let details = DropoffDetails::default();
        let placement = self.placement(nobody, NewOrder { details, ..wish })?;
        if let StoreRef::Known(store) = placement.store {
            let open_at = placement.deliver_after.unwrap_or_default().max(now);
            self.directory().judge_store(store, open_at, policy)?;
        }
        let card = CardToken(String::new());
        Ok(order::terms(&placement, card, policy, now)?.price)
    }

    /// Opens an order's drop-off details; empty if the customer's key was destroyed.
    #[must_use]
    pub fn dropoff(&self, customer: UserId, sealed: &Sealed) -> DropoffDetails {
        self.open(customer, DROPOFF, sealed).unwrap_or_default()
    }

    /// Turns the request into the domain's placement, with its personal text sealed under the customer's key.
    fn placement(&self, customer: UserId, wish: NewOrder) -> Result<Placement, Refusal> {
        let NewOrder {
            store,
            items,
            building,
            details,
            handover,
            tip,
            deliver_after,
        } = wish;
        let empty = details == Default::default();
        let sealed = if empty {
            None
        } else {
            Some(self.seal(customer, DROPOFF, &details)?)
        };
        let dropoff = Dropoff {
            building,
            details: sealed,
            handover,
        };
        Ok(Placement {
            customer,
            store: self.known_store(store),
            items,
            dropoff,
            tip,
            deliver_after,
        })
    }

    /// Waits until the order is on the board, waits for its time, has ended, or waits for the customer's bank. Gives
    /// up after a time, since the gateway may be slow.
    async fn until_settled(&self, reply: OrderReply, mut following: Following) -> OrderReply {
        let OrderReply { order, repeated } = reply;
        let wait = Duration::from_millis(self.config().placing_wait_ms);
        let mut known = Some(order.as_ref().clone());
        let settling = async {
            while known.as_ref().is_some_and(|order| !is_settled(order)) {
                let Some(batch) = following.next().await else {
                    return;
                };
                let mine = batch
                    .numbered()
                    .filter(|(_, record)| record.stream == Stream::Order(order.id));
                mine.for_each(|(seq, record)| Order::fold(&mut known, Seq(seq), record));
            }
        };
        // A time-out is no fault: the order is placed and goes on.
        let _ = tokio::time::timeout(wait, settling).await;
        OrderReply {
            order: known.map_or(order, Arc::new),
            repeated,
        }
    }
}

fn is_settled(order: &Order) -> bool {
    let placing = matches!(
        order.stage,
        Stage::Authorizing | Stage::Holding | Stage::Scheduling
    );
    !placing || order.action_url.is_some()
}
