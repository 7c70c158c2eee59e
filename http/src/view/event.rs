//! Views of an order's history, limited to what the reader may see now.
//!
//! Invariants: of the payment a runner sees only their own earnings; a former runner sees only what they did and what
//! was done to them. A message's event does not contain its text, which is read with the messages; other free text is
//! the `text` of its event, for readers who may read it.

mod described;
mod what;

pub(crate) use what::WhatView;

use described::describe;

use super::{
    Viewer,
    parts::{Actor, by},
};
use crate::time::Time;
use campusg_actors::runtime::{FreeText, SealedFreeText};
use campusg_domain::{
    id::UserId,
    order::{Event, Order, Role, RunEvent},
    record::{Entry, Events, Record},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// The order's version after the event's record.
    version: u32,
    at: Time,
    by: Actor,
    #[serde(flatten)]
    what: WhatView,
    /// The words that its author added. Absent unless there are some that the reader may read here; null if they can't be
    /// opened any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    text: Option<Option<String>>,
}

/// The events that a reader may see, before their free text is unsealed.
#[derive(Debug, Default)]
pub(crate) struct History {
    views: Vec<EventView>,
    sealed: Vec<SealedFreeText>,
    // Invariant: as long as `sealed`; holds the index in `views` of each text.
    places: Vec<usize>,
}

impl History {
    /// The sealed texts, in the order in which [`opened`](Self::opened) expects them.
    pub(crate) fn sealed(&self) -> Vec<SealedFreeText> {
        self.sealed.clone()
    }

    /// Returns the events with the unsealed `texts` put in; null for a text that can't be unsealed any more.
    pub(crate) fn opened(mut self, texts: Vec<Option<String>>) -> Vec<EventView> {
        for (place, text) in self.places.iter().zip(texts) {
            self.views[*place].text = Some(text);
        }
        self.views
    }

    fn push(&mut self, view: EventView, words: Option<SealedFreeText>) {
        if let Some(words) = words {
            self.places.push(self.views.len());
            self.sealed.push(words);
        }
        self.views.push(view);
    }
}

/// Returns the events that this reader may see. `order` is the order as it is now; `entries` are its records, each
/// with the version that it made.
pub(crate) fn history(order: &Order, entries: &[(u32, Entry)], viewer: &Viewer) -> History {
    let mut history = History::default();
    for (version, entry) in entries {
        of_record(&mut history, order, &entry.record, *version, viewer);
    }
    history
}

fn of_record(history: &mut History, order: &Order, record: &Record, version: u32, viewer: &Viewer) {
    let Events::Order(events) = &record.events else {
        return;
    };
    let own = record.principal.user() == Some(viewer.user);
    let seen = events
        .iter()
        .filter(|event| viewer.role != Role::FormerRunner || own || concerns(event, viewer.user));
    for event in seen {
        let Some(what) = describe(order, event, viewer) else {
            continue;
        };
        let view = EventView {
            version,
            at: record.at.into(),
            by: by(order, record.principal),
            what,
            text: None,
        };
        let words = SealedFreeText::of(record.principal, event);
        history.push(
            view,
            words.filter(|words| reads(viewer, words.wording, own)),
        );
    }
}

/// Whether this reader may read a kind of free text. A runner's notes are for the customer and operators, and not for
/// the next runner; operators' reasons are for operators. `own` says that the reader wrote it.
fn reads(viewer: &Viewer, wording: FreeText, own: bool) -> bool {
    let operator = viewer.role == Role::Operator;
    match wording {
        FreeText::Message => false,
        FreeText::Note => own || operator || viewer.role == Role::Customer,
        FreeText::Reason => operator,
        FreeText::Claim | FreeText::Reply => {
            own || operator || matches!(viewer.role, Role::Customer | Role::Runner)
        }
    }
}

/// Whether the event is that this runner accepted or lost the order.
fn concerns(event: &Event, user: UserId) -> bool {
    matches!(event, Event::Run(RunEvent::Accepted { runner, .. }) | Event::Run(RunEvent::Unbound { runner, .. }) if *runner == user)
}

/// Returns a record's events as this operator sees them, without free text and without steps of sagas.
pub(crate) fn bare(order: &Order, events: &[Event], viewer: &Viewer) -> Vec<WhatView> {
    let shown = events
        .iter()
        .filter(|event| !matches!(event, Event::Step { .. }));
    shown
        .filter_map(|event| describe(order, event, viewer))
        .collect()
}
