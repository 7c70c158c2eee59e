//! `POST /api/orders`: places an order.

use crate::{
    answer,
    app_state::AppState,
    call::{Call, KeyedCall},
    dto::order::NewOrderIn,
    problem::Problem,
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

pub(crate) async fn place(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<NewOrderIn>,
) -> Result<Response, Problem> {
    let Call { me, meta, body, .. } = call;
    let reply = app.runtime().place_order(meta, body.try_into()?).await?;
    let mut response = answer::after_command(&app, &me, &reply, StatusCode::CREATED).await?;
    if let Ok(location) = HeaderValue::try_from(format!("/api/orders/{}", reply.order.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
