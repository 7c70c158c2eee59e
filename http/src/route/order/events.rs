//! `GET /api/orders/{id}/events`: the order's history, as far as the caller may see it now. The limit counts records;
//! a record holds one event or several, and the caller may see none of them.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::{LoadedOrder, Me},
    page::{Listed, Page},
    problem::Problem,
    view::{
        Viewer,
        event::{EventView, history},
    },
};
use axum::extract::State;
use campusg_actors::runtime::SealedFreeText;

pub(crate) async fn events(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<EventView>>, Problem> {
    let after = paging.cursor()?;
    // Most histories have fewer records than this and are read in one page.
    let limit = paging.limit_or_largest()?;
    let _place = app.history(me.user)?;
    let runtime = app.runtime();
    let found = runtime.order_events(seen.order.id, after, limit).await?;
    let viewer = Viewer::of(&app, &me, &seen);
    let history = history(&seen.order, &found.entries, &viewer);
    let open =
        |words: SealedFreeText| runtime.open_free_text(words.author, words.wording, &words.sealed);
    let texts = history.sealed().into_iter().map(open).collect();
    Ok(answer::ok(&Page::going_on(
        history.opened(texts),
        found.next,
    )))
}
