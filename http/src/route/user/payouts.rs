//! `GET /api/users/me/payouts`: the caller's payouts with their states, newest first.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    page::{Listed, Page},
    problem::Problem,
    view::payout::PayoutView,
};
use axum::extract::State;
use campusg_domain::call::CallNumber;

pub(crate) async fn payouts(
    State(app): State<AppState>,
    me: Me,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<PayoutView>>, Problem> {
    let limit = paging.limit()?;
    let before: Option<CallNumber> = paging.cursor()?;
    let wallet = app.runtime().payouts(me.user).await?;
    let mut older = wallet.payouts.iter().rev();
    let mut older = older
        .by_ref()
        .filter(|payout| before.is_none_or(|before| payout.call < before));
    let shown: Vec<_> = older.by_ref().take(limit).collect();
    let next = older.next().and(shown.last()).map(|last| last.call);
    let view = |payout: &_| PayoutView::of(payout, app.currency());
    let items = shown.iter().map(|payout| view(*payout)).collect();
    Ok(answer::ok(&Page::going_on(items, next)))
}
