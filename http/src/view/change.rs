//! What is new for a reader, as one event of a stream shows it.

use super::{
    Viewer,
    event::{EventView, history},
    inbox::NoticeView,
};
use crate::{app_state::AppState, wire};
use campusg_actors::runtime::{Change, SealedFreeText};
use campusg_domain::{
    id::OrderId,
    order::{Order, Status},
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A record that is new for its reader.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// Absent unless it is of an order of which the reader may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderChangeView>,
    /// The reader's notices in it.
    notices: Vec<NoticeView>,
    /// Whether it moved money of the reader's wallet or debt: `GET /api/users/me/wallet` shows it.
    wallet: bool,
}

/// What has happened to an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderChangeView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    /// The order's version now, which may be newer than that of the events.
    version: u32,
    /// The order's status now.
    #[schema(value_type = wire::Status)]
    status: Status,
    /// As in the order's history.
    events: Vec<EventView>,
}

impl ChangeView {
    /// Shows a record to its reader; `None` where there is nothing that they may see. `order` is the order as it is now, and
    /// who they are to it.
    pub(crate) fn of(
        app: &AppState,
        change: Change,
        order: Option<(Viewer, Arc<Order>)>,
    ) -> Option<Self> {
        let Change {
            entry,
            order: place,
            notices,
            money,
        } = change;
        let order = order
            .zip(place)
            .and_then(|((viewer, order), (id, version))| {
                let history = history(&order, &[(version, entry)], &viewer);
                let open = |words: SealedFreeText| {
                    app.runtime()
                        .open_free_text(words.author, words.wording, &words.sealed)
                };
                let texts = history.sealed().into_iter().map(open).collect();
                let events = history.opened(texts);
                (!events.is_empty()).then(|| OrderChangeView {
                    id,
                    version: order.version,
                    status: order.status(),
                    events,
                })
            });
        let currency = app.policy().currency;
        let notices: Vec<NoticeView> = notices
            .iter()
            .map(|notice| NoticeView::of(notice, currency))
            .collect();
        (order.is_some() || !notices.is_empty() || money).then_some(Self {
            order,
            notices,
            wallet: money,
        })
    }
}
