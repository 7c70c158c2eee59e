//! The messages that an order's actor handles.

use crate::{refusal::Refusal, registry::Permit, shell::commit::Committed};
use actix::Message;
use campusg_domain::{
    order::{Command, Order},
    stream::Envelope,
};
use std::sync::Arc;

/// A command to an order; equal at each try.
#[derive(Clone, Debug)]
pub(crate) struct Deliver {
    pub(crate) envelope: Envelope<Command>,
    /// Whether the order's id was made for this very message, so that there is nothing to load.
    pub(crate) is_fresh: bool,
    /// Shared by every try of the command.
    pub(crate) committed: Committed,
    /// Counts the command as under way until it is answered, also if its caller is gone.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) permit: Option<Permit>,
}

/// A command that took effect, now or earlier.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// The order as the command left it.
    pub(crate) order: Arc<Order>,
    /// Whether it had already taken effect earlier.
    pub(crate) repeated: bool,
}

impl Message for Deliver {
    type Result = Result<Done, Refusal>;
}

/// Asks for the present order; `None` if it was never placed.
#[derive(Clone, Debug)]
pub(crate) struct Peek {
    /// Held until the answer, as in [`Deliver`].
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) permit: Permit,
}

impl Message for Peek {
    type Result = Result<Option<Arc<Order>>, Refusal>;
}
