//! `POST /api/orders/{id}/messages`: one party writes to the other.

use crate::{
    answer, call::Call, dto::door::MessageIn, edge::Edge, path::Id, problem::Problem,
    tell::tell_it, view::message::MessageView, words,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn send(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<MessageIn>,
) -> Result<Response, Problem> {
    let (call, MessageIn { text }) = call.split();
    let sealed = words::sealed(&edge, &call, Wording::Message, text.clone()).await?;
    let me = call.me.clone();
    let reply = tell_it(&edge, call, order, Command::Message { text: sealed }).await?;
    let sent = MessageView::sent(&reply.order, &me, text.trim());
    Ok(answer::replayed(
        answer::created(&format!("/api/orders/{order}/messages"), &sent),
        reply.repeated,
    ))
}
