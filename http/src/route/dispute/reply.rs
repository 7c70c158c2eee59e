//! `POST /api/orders/{id}/disputes/{n}/reply`: adds a party's statement to an open dispute.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::dispute::ReplyIn,
    free_text::sealed, path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn reply(
    State(app): State<AppState>,
    Within(order, dispute): Within<OrderId, Number>,
    call: Call<ReplyIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let command = Command::Reply {
        dispute,
        text: sealed(&app, &call, FreeText::Reply, &body.text)?,
        photos: body.photo_ids,
    };
    dispatch(&app, call, order, command).await
}
