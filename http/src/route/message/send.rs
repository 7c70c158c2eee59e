//! `POST /api/orders/{id}/messages`: sends a message to the other party.

use crate::{
    answer::{self, Sent},
    app_state::AppState,
    call::Call,
    dispatch::dispatch_to,
    dto::door::MessageIn,
    free_text,
    path::Id,
    problem::Problem,
    view::message::MessageView,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn send(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<MessageIn>,
) -> Result<Sent<MessageView>, Problem> {
    let (call, MessageIn { text }) = call.split();
    let sealed = free_text::sealed(&app, &call, FreeText::Message, &text)?;
    let me = call.me.clone();
    let reply = dispatch_to(&app, call, order, Command::Message { text: sealed }).await?;
    let sent = MessageView::sent(&reply.order, &me, text.trim());
    let location = format!("/api/orders/{order}/messages");
    Ok(answer::sent(&location, &sent, reply.repeated))
}
