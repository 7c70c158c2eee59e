//! `GET /api/orders/{id}/messages`: the parties' messages, oldest first. The parties may read them as long as they
//! may write; all sides of a dispute may read them until it is decided. A runner sees only messages since they took
//! the order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::{LoadedOrder, Me},
    dispatch::refused,
    page::{Listed, Page},
    problem::Problem,
    view::message::MessageView,
};
use axum::extract::State;
use campusg_actors::runtime::Refusal;
use campusg_domain::{
    order::{Role, allowed},
    rejection::Rejection,
};

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    seen: LoadedOrder,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<MessageView>>, Problem> {
    let LoadedOrder { order, role } = &seen;
    let (after, limit) = (paging.cursor()?, paging.limit()?);
    if !order.shows_messages(*role, app.policy(), app.now()) {
        let refusal = Refusal::of_order(order.id, closed(&app, &seen));
        return Err(refused(&app, &me, order.id, refusal).await);
    }
    let assignment = order.stage.assignment().filter(|_| *role == Role::Runner);
    let epoch = assignment.map(|assignment| assignment.epoch);
    let _place = app.history(me.user)?;
    let found = app.runtime().messages(order.id, epoch, after, limit);
    let found = found.await?;
    let views = found.messages.iter().map(MessageView::from).collect();
    Ok(answer::ok(&Page::going_on(views, found.next)))
}

/// Returns the reason why the messages cannot be read now: it is too early or too late.
fn closed(app: &AppState, LoadedOrder { order, role }: &LoadedOrder) -> Rejection {
    if order.is_terminal() && *role != Role::Operator {
        return Rejection::TooLate;
    }
    let allowed = allowed(order, *role, app.policy(), app.now());
    Rejection::NotInThisStage {
        status: order.status(),
        allowed: allowed.iter().map(ToString::to_string).collect(),
    }
}
