//! The history of an order: what happened, and of it what the reader may see now.
//!
//! Invariant: a runner sees nothing of the payment but his own earnings; a former runner only what they did, and what
//! was done to them. Messages are told of, and read where they were written; whatever else people say in their own words
//! stands in the event, to those for whom it is.

mod described;

use described::describe;

use super::{Viewer, parts::by};
use crate::time::Time;
use campusg_actors::runtime::{FreeText, SealedFreeText};
use campusg_domain::{
    id::UserId,
    order::{Event, Order, Role, RunEvent},
    record::{Entry, Events, Record},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One event.
#[derive(Debug, Serialize)]
pub(crate) struct EventView {
    /// The order's version after the record it stands in.
    version: u32,
    at: Time,
    by: &'static str,
    r#type: &'static str,
    data: Map<String, Value>,
}

/// The history that a reader may see, with words that are still sealed.
#[derive(Debug, Default)]
pub(crate) struct History {
    views: Vec<EventView>,
    sealed: Vec<SealedFreeText>,
    // Invariant: as long as `sealed`; where in `views` each of them stands.
    places: Vec<usize>,
}

impl History {
    /// The words in it, to be opened.
    pub(crate) fn sealed(&self) -> Vec<SealedFreeText> {
        self.sealed.clone()
    }

    /// The history, with what was opened of [`sealed`](Self::sealed) in its place; null where it can't be opened any more.
    pub(crate) fn opened(mut self, texts: Vec<Option<String>>) -> Vec<EventView> {
        for ((place, words), text) in self.places.iter().zip(&self.sealed).zip(texts) {
            let field = words.wording.field().to_owned();
            self.views[*place].data.insert(field, text.into());
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

/// The history that this reader may see. `order` is the order as it is now; `entries` are records of it with the
/// versions that they made.
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
        let Some((r#type, data)) = describe(order, event, viewer) else {
            continue;
        };
        let view = EventView {
            version,
            at: record.at.into(),
            by: by(order, record.principal),
            r#type,
            data,
        };
        let words = SealedFreeText::of(record.principal, event);
        history.push(
            view,
            words.filter(|words| reads(viewer, words.wording, own)),
        );
    }
}

/// Whether words in a history are for this reader. A runner's notes are for the customer and operators, and not for the
/// next runner; operators' reasons are for operators.
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

/// Whether an event was done by or to this runner.
fn concerns(event: &Event, user: UserId) -> bool {
    matches!(event, Event::Run(RunEvent::Accepted { runner, .. }) | Event::Run(RunEvent::Unbound { runner, .. }) if *runner == user)
}

/// A record's events as this operator sees them, without words and without the steps of sagas.
pub(crate) fn bare(order: &Order, events: &[Event], viewer: &Viewer) -> Vec<Value> {
    let told = events
        .iter()
        .filter(|event| !matches!(event, Event::Step { .. }));
    let told = told.filter_map(|event| describe(order, event, viewer));
    told.map(|(r#type, data)| json!({"type": r#type, "data": data}))
        .collect()
}
