//! `POST /api/users/me/payment-method/setup`: begins the entry of a card or a bank account on the payment gateway's
//! own page. It is stored when the gateway has sent its token.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::user::SetupIn,
    problem::Problem,
    view::person::SetupView,
};
use axum::extract::State;

pub(crate) async fn begin_setup(
    State(app): State<AppState>,
    call: Call<SetupIn>,
) -> Result<Found<SetupView>, Problem> {
    call.body
        .check_return_url(app.config().public_url.as_deref())?;
    let SetupIn { kind, return_url } = call.body;
    let url = app
        .runtime()
        .begin_setup(call.meta, kind, return_url)
        .await?;
    Ok(answer::ok(&SetupView { url }))
}
