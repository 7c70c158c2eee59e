//! Views of the messages between the parties of an order.

use crate::{auth::Me, time::Time, wire};
use campusg_actors::runtime::Message;
use campusg_domain::{
    order::{Order, Role},
    people::Side,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A message; without text if its author's personal data were erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageView {
    n: u16,
    #[schema(value_type = wire::Side)]
    by: Side,
    at: Time,
    text: Option<String>,
}

impl MessageView {
    /// The message that the caller has just sent, which is the order's last one.
    pub(crate) fn sent(order: &Order, me: &Me, text: &str) -> Self {
        let by = match order.role(me.principal) {
            Role::Customer => Side::Customer,
            Role::Runner
            | Role::FormerRunner
            | Role::Operator
            | Role::System
            | Role::Gateway
            | Role::Stranger => Side::Runner,
        };
        Self {
            n: order.messages,
            by,
            at: order.last_at.into(),
            text: Some(text.into()),
        }
    }
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        Self {
            n: message.n,
            by: message.by,
            at: message.at.into(),
            text: message.text.clone(),
        }
    }
}
