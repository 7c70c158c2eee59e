//! `POST /api/users/me/payment-method/setup`: begins the entry of a card or of a bank account on the payment gateway's own
//! page; it is on file once the gateway has told its token.

use crate::{
    answer, app_state::AppState, call::Call, dto::user::SetupIn, problem::Problem,
    view::person::SetupView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::BeginSetup;

pub(crate) async fn begin_setup(
    State(app): State<AppState>,
    call: Call<SetupIn>,
) -> Result<Response, Problem> {
    call.body
        .check_return_url(app.config().public_url.as_deref())?;
    let setup = BeginSetup {
        kind: call.body.kind,
        return_url: call.body.return_url,
    };
    let url = app.runtime().command(call.caller, setup).await?;
    Ok(answer::ok(&SetupView { url }))
}
