//! `POST /api/orders`: places an order.

use crate::{
    answer,
    call::{Call, KeyedCall},
    dto::order::NewOrderIn,
    edge::Edge,
    problem::Problem,
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use campusg_actors::runtime::PlaceOrder;

pub(crate) async fn place(
    State(edge): State<Edge>,
    KeyedCall(call): KeyedCall<NewOrderIn>,
) -> Result<Response, Problem> {
    let Call {
        me, caller, body, ..
    } = call;
    let reply = edge
        .runtime()
        .command(caller, PlaceOrder(body.try_into()?))
        .await?;
    let mut response = answer::told(&edge, &me, &reply, StatusCode::CREATED).await;
    if let Ok(location) = HeaderValue::try_from(format!("/api/orders/{}", reply.order.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
