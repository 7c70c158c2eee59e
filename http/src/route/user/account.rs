//! `GET /api/users/me/payout-method`: the caller's bank account, without its token.

use crate::{
    answer::{self, Found},
    auth::Me,
    problem::Problem,
    view::payout::AccountView,
};

pub(crate) async fn account(me: Me) -> Result<Found<AccountView>, Problem> {
    let method = me.person.payout_method.as_ref();
    let method = method.ok_or_else(|| Problem::not_found("payout method"))?;
    Ok(answer::ok(&AccountView::from(method)))
}
