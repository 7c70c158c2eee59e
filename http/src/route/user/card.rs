//! `GET /api/users/me/payment-method`: the card on file, without its token.

use crate::{answer, auth::Me, problem::Problem, view::person::CardView};
use axum::response::Response;

pub(crate) async fn card(me: Me) -> Result<Response, Problem> {
    let card = me
        .person
        .card
        .as_ref()
        .ok_or_else(|| Problem::not_found("payment method"))?;
    Ok(answer::ok(&CardView::from(card)))
}
