//! Commands to orders: placing one, and everything else.

use super::{
    Caller, Command, NewOrder, OrderReply, PlaceOrder, Refusal, ReleaseQuarantine, Runtime,
    ToOrder,
    errands::{plain, text},
};
use crate::{live::Following, shell::order::Done};
use campusg_domain::{
    id::{OrderId, Seq, Stream, UserId},
    order::{self, Dropoff, Order, Placement, Rejection, Stage},
    stream::Envelope,
};
use std::{sync::Arc, time::Duration};

/// What drop-off details are sealed as.
pub(super) const DROPOFF: &str = "dropoff";
/// Characters of a level, a room and a meeting point.
const PLACE_CHARS: usize = 120;
/// Characters of the notes to the runner. With the rest it fits into what the domain takes, whatever letters they are.
const NOTES_CHARS: usize = 500;

impl Command for PlaceOrder {
    type Reply = OrderReply;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<OrderReply, Refusal> {
        let customer = caller.user()?;
        let now = runtime.clock().now();
        let order = OrderId::from_bytes(runtime.entropy().uuid(now));
        let placement = runtime.placement(customer, self.0.checked()?)?;
        // Following begins before the command, so that nothing it causes is missed.
        let following = runtime.hub().follow(order);
        let command = order::Command::Place(Box::new(placement));
        match runtime.place(order, command, &caller).await {
            Ok(reply) => Ok(runtime.until_settled(reply, following).await),
            Err(Refusal::Rejected {
                rejection: Rejection::AlreadyPlaced { order },
                ..
            }) => {
                let order = runtime
                    .load(order)
                    .await?
                    .ok_or_else(|| Refusal::not_found("order"))?;
                Ok(OrderReply {
                    order,
                    repeated: true,
                })
            }
            Err(Refusal::Rejected { rejection, .. }) => Err(Refusal::rule(rejection)),
            Err(refusal) => Err(refusal),
        }
    }
}

impl NewOrder {
    /// The wish with its personal texts trimmed; what there is of them must show something and be short.
    ///
    /// # Errors
    /// `InvalidField` with the text's path.
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
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

impl Command for ToOrder {
    type Reply = OrderReply;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<OrderReply, Refusal> {
        runtime.send(self.order, self.command, &caller).await
    }
}

impl Command for ReleaseQuarantine {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        if runtime.orders().registry().release(self.0) {
            Ok(())
        } else {
            Err(Refusal::not_found("quarantined order"))
        }
    }
}

impl From<Done> for OrderReply {
    fn from(done: Done) -> Self {
        Self {
            order: done.order,
            repeated: done.repeated,
        }
    }
}

impl Runtime {
    /// Turns a wish into a placement, with its personal text sealed under the customer's key.
    pub(super) fn placement(&self, customer: UserId, wish: NewOrder) -> Result<Placement, Refusal> {
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

    async fn send(
        &self,
        order: OrderId,
        command: order::Command,
        caller: &Caller,
    ) -> Result<OrderReply, Refusal> {
        self.admit()?;
        let letter = self.letter(order, command, caller);
        self.orders().send(letter).await.map(OrderReply::from)
    }

    /// As [`send`](Self::send), for an order whose id was made just now.
    async fn place(
        &self,
        order: OrderId,
        command: order::Command,
        caller: &Caller,
    ) -> Result<OrderReply, Refusal> {
        self.admit()?;
        let letter = self.letter(order, command, caller);
        self.orders().place(letter).await.map(OrderReply::from)
    }

    fn letter(
        &self,
        target: OrderId,
        command: order::Command,
        caller: &Caller,
    ) -> Envelope<order::Command> {
        Envelope {
            meta: self.meta(caller),
            target,
            command,
        }
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
