//! Placing an order: the wish in plain text, what it would cost, and the wait for the board.

use super::OrderReply;
use crate::{
    live::Following,
    runtime::{
        Refusal, Runtime,
        text::{plain, text},
    },
};
use campusg_domain::{
    call::CardToken,
    id::{OrderId, Seq, Stream, UserId},
    money::Cents,
    order::{self, Command, Dropoff, Handover, Item, Order, Placement, Price, Stage, StoreRef},
    rejection::Rejection,
    stream::{Envelope, Meta},
    text::Sealed,
    time::At,
};
use std::{sync::Arc, time::Duration};

/// What drop-off details are sealed as.
const DROPOFF: &str = "dropoff";
/// Characters of a level, a room and a meeting point.
const PLACE_CHARS: usize = 120;
/// Characters of the notes to the runner. With the rest it fits into what the domain takes, whatever letters they are.
const NOTES_CHARS: usize = 500;

/// Where exactly the food goes; sealed before it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DropoffDetails {
    /// Level of the building.
    pub level: Option<String>,
    /// Room.
    pub room: Option<String>,
    /// Where to meet instead.
    pub meeting_point: Option<String>,
    /// Anything else.
    pub notes: Option<String>,
}

/// A wish for an order, in plain text.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Where to buy.
    pub store: StoreRef,
    /// What to buy.
    pub items: Vec<Item>,
    /// Which building.
    pub building: String,
    /// Where exactly.
    pub details: DropoffDetails,
    /// How the food changes hands.
    pub handover: Handover,
    /// Tip.
    pub tip: Cents,
    /// Not before this time.
    pub deliver_after: Option<At>,
}

impl NewOrder {
    /// The wish with its personal texts trimmed; what there is of them must show something and be short.
    ///
    /// # Errors
    /// `InvalidField` with the text's path.
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
    /// Places an order for the caller. Replies with the order as it stands when it is available, waiting or cancelled,
    /// at the latest after two seconds.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, then the rules of transition 1.
    pub async fn place_order(&self, meta: Meta, wish: NewOrder) -> Result<OrderReply, Refusal> {
        let customer = meta.user()?;
        let now = self.clock().now();
        let order = OrderId::from_bytes(self.entropy().uuid(now));
        let placement = self.placement(customer, wish.checked()?)?;
        self.admit()?;
        // Following begins before the command, so that nothing it causes is missed.
        let following = self.hub().follow(order);
        let envelope = Envelope {
            meta,
            target: order,
            command: Command::Place(Box::new(placement)),
        };
        match self.orders().place(envelope).await {
            Ok(done) => Ok(self.until_settled(done.into(), following).await),
            Err(Refusal::Rejected {
                rejection: Rejection::AlreadyPlaced { order },
                ..
            }) => {
                let order = self.order(order).await?;
                Ok(OrderReply {
                    order: order.ok_or_else(|| Refusal::not_found("order"))?,
                    repeated: true,
                })
            }
            Err(Refusal::Rejected { rejection, .. }) => Err(Refusal::rule(rejection)),
            Err(refusal) => Err(refusal),
        }
    }

    /// What an order would cost and hold.
    ///
    /// # Errors
    /// `InvalidField`, then what a placement of it would be refused for, whoever placed it.
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

    /// The plain text of an order's drop-off; empty where the key is gone, which is its customer's.
    #[must_use]
    pub fn dropoff(&self, customer: UserId, sealed: &Sealed) -> DropoffDetails {
        self.open(customer, DROPOFF, sealed).unwrap_or_default()
    }

    /// Turns a wish into a placement, with its personal text sealed under the customer's key.
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
            store,
            items,
            dropoff,
            tip,
            deliver_after,
        })
    }

    /// Folds what follows until the order is on the board, waits for its time, has ended, or the bank asks; gives up
    /// after a while, since a gateway may take its time.
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
        // Running out of patience is no fault: the order is placed and goes on.
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
