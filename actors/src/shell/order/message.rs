//! The messages an order understands.

use crate::{refusal::Refusal, registry::Permit};
use actix::Message;
use campusg_domain::{
    order::{Command, Order},
    stream::Envelope,
};
use std::sync::Arc;

/// A command to an order, equal at each try.
#[derive(Clone, Debug)]
pub(crate) struct Deliver {
    pub(crate) envelope: Envelope<Command>,
    /// Whether the order's id was made for this very message, so that there is nothing to load.
    pub(crate) is_fresh: bool,
    /// Held until the answer: a command whose caller has left is counted until it is done.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) permit: Option<Permit>,
}

/// A command that took effect, now or before.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// The order as of the command.
    pub(crate) order: Arc<Order>,
    /// Whether it had taken effect before.
    pub(crate) repeated: bool,
}

impl Message for Deliver {
    type Result = Result<Done, Refusal>;
}

/// Asks what is known of an order now; `None` if it was never placed.
#[derive(Clone, Debug)]
pub(crate) struct Peek {
    /// As in [`Deliver`].
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) permit: Permit,
}

impl Message for Peek {
    type Result = Result<Option<Arc<Order>>, Refusal>;
}
