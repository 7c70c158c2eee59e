//! The pages of events, with the faults that a configuration asks for: late, duplicated or reordered events.
//!
//! Must not: lose an event, or invent one.
//! Invariant: whoever follows `next` until it stays the same gets every event at least once.

use campusg_domain::time::At;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use campusg_domain::gateway::{EventCursor, EventPage, GatewayEvent};

/// Most different events in a page.
pub(super) const PAGE_EVENTS: usize = 100;

/// What goes wrong with the sandbox gateway's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Each event comes twice in its page, and the last one of a page again in the next.
    pub duplicate_events: bool,
    /// The events of a page come in reverse order.
    pub reorder: bool,
    /// Milliseconds for which each event is held back.
    pub delay_ms: u64,
}

/// Number of events before a cursor; 0 for a cursor of another gateway.
pub(super) fn place(cursor: &EventCursor) -> u64 {
    let place = cursor.as_str().and_then(|text| text.parse().ok());
    place.unwrap_or_default()
}

fn cursor(place: u64) -> EventCursor {
    match place {
        0 => EventCursor::default(),
        _ => place.to_string().parse().expect("a number is short"),
    }
}

/// Number of the events to skip when reading the book for the page that follows event number `after`.
pub(super) const fn read_from(after: u64, faults: Faults) -> u64 {
    after.saturating_sub(faults.duplicate_events as u64)
}

/// Makes the page that follows event number `after` from the events that were read as [`read_from`] says.
pub(super) fn page(
    after: u64,
    read: Vec<(At, GatewayEvent)>,
    now: At,
    faults: Faults,
) -> EventPage {
    let told = read
        .into_iter()
        .take_while(|(at, _)| at.plus(faults.delay_ms) <= now);
    let mut events: Vec<GatewayEvent> = told.map(|(_, event)| event).collect();
    let told = read_from(after, faults) + events.len() as u64;
    let next = cursor(told.max(after));
    if faults.duplicate_events {
        events = events
            .into_iter()
            .flat_map(|event| [event.clone(), event])
            .collect();
    }
    if faults.reorder {
        events.reverse();
    }
    EventPage { events, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::call::Answer;
    use campusg_domain::gateway::News;

    fn read(ids: std::ops::RangeInclusive<u64>) -> Vec<(At, GatewayEvent)> {
        let event = |id: u64| GatewayEvent {
            id: id.to_string().parse().unwrap(),
            key: "k".into(),
            news: News::Answer(Answer::Voided),
        };
        ids.map(|id| (At(id * 10), event(id))).collect()
    }

    fn ids(page: &EventPage) -> Vec<u64> {
        let ids = page.events.iter().map(|event| event.id.as_str().parse());
        ids.map(Result::unwrap).collect()
    }

    #[test]
    fn each_fault_changes_the_page_and_none_changes_where_it_ends() {
        let table: [(Faults, &[u64], u64); 4] = [
            (Faults::default(), &[3, 4, 5], 5),
            (
                Faults {
                    duplicate_events: true,
                    ..Faults::default()
                },
                &[2, 2, 3, 3, 4, 4, 5, 5],
                5,
            ),
            (
                Faults {
                    reorder: true,
                    ..Faults::default()
                },
                &[5, 4, 3],
                5,
            ),
            (
                Faults {
                    delay_ms: 10,
                    ..Faults::default()
                },
                &[3, 4],
                4,
            ),
        ];
        for (faults, expected, next) in table {
            let from = read_from(2, faults);
            let page = page(2, read(from + 1..=5), At(50), faults);
            assert_eq!(
                (ids(&page).as_slice(), place(&page.next)),
                (expected, next),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_cursor_that_was_never_given_is_before_the_first_event() {
        assert_eq!(place(&EventCursor::default()), 0);
        assert_eq!(place(&"of-another-gateway".parse().unwrap()), 0);
        assert_eq!((place(&cursor(0)), place(&cursor(7))), (0, 7));
    }

    #[test]
    fn an_empty_page_keeps_the_cursor() {
        let faults = Faults {
            duplicate_events: true,
            ..Faults::default()
        };
        let again = page(2, read(2..=2), At(50), faults);
        assert_eq!(
            (ids(&again).as_slice(), again.next),
            (&[2, 2][..], cursor(2))
        );
        assert_eq!(page(2, Vec::new(), At(50), faults).next, cursor(2));
    }
}
