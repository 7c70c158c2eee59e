//! `GET /health/live`: 200 as long as the process runs.

use crate::{
    answer::{self, Found},
    view::platform::LiveView,
};

pub(crate) async fn live() -> Found<LiveView> {
    answer::ok(&LiveView::LIVE)
}
