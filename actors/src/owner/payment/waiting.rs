//! Stores events of the gateway that could not be taken in, because their order is quarantined or something failed.
//! They are retried each time events are fetched, until they are taken in.
//!
//! Stored in a file beside the cursor, one event per line, as the gateway does not send them again. For each call
//! only the newest answer and the newest stage of a chargeback are kept.
//! Invariant: an event is on disk when `add` returns `Ok`.

use crate::port::gateway::{CallKey, GatewayEvent, News};
use campusg_storage::checked_text::{self, Found};
use std::{
    collections::BTreeMap,
    fs, io,
    mem::{Discriminant, discriminant},
    path::{Path, PathBuf},
};

/// The stored events.
#[derive(Debug)]
pub(crate) struct Waiting {
    file: PathBuf,
    // Invariant: at most one event of each kind of news per key.
    events: BTreeMap<CallKey, Vec<GatewayEvent>>,
}

impl Waiting {
    /// Reads the file of the previous process. If it is missing or damaged beside a cursor, the cursor is removed: what
    /// had waited comes again with all other events.
    pub(crate) fn open(cursor: &Path) -> Self {
        let file = cursor.with_extension("waiting");
        let known = read(&file);
        let mut waiting = Self {
            file,
            events: BTreeMap::new(),
        };
        if let Some(events) = known {
            events
                .into_iter()
                .for_each(|event| drop(waiting.put(event)));
            return waiting;
        }
        if cursor.exists() {
            tracing::error!(path = %waiting.file.display(), "what waited of the gateway's events is lost: they are read again from the first");
        }
        let begun = match fs::remove_file(cursor) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => waiting.write(),
        };
        if let Err(fault) = begun {
            tracing::warn!(path = %waiting.file.display(), %fault, "what waits of the gateway's events can't be written");
        }
        waiting
    }

    pub(super) fn events(&self) -> Vec<GatewayEvent> {
        self.events.values().flatten().cloned().collect()
    }

    /// Stores an event in place of an older one of the same kind about the same call.
    ///
    /// # Errors
    /// If the event could not be written, so that the gateway has to send it again.
    pub(super) fn add(&mut self, event: &GatewayEvent) -> io::Result<()> {
        let before = self.put(event.clone());
        if before.as_ref() == Some(event) {
            return Ok(());
        }
        self.write().inspect_err(|_| {
            self.take(&event.key, kind(event));
            before.map(|before| self.put(before));
        })
    }

    /// Removes an event that was taken in. If the file can't be written, the event is taken in again later, which
    /// changes nothing.
    pub(super) fn remove(&mut self, event: &GatewayEvent) {
        if self.take(&event.key, kind(event)).is_some()
            && let Err(fault) = self.write()
        {
            tracing::warn!(path = %self.file.display(), %fault, "news that were brought in are kept as waiting");
        }
    }

    fn put(&mut self, event: GatewayEvent) -> Option<GatewayEvent> {
        let before = self.take(&event.key, kind(&event));
        self.events
            .entry(event.key.clone())
            .or_default()
            .push(event);
        before
    }

    fn take(&mut self, key: &CallKey, of: Discriminant<News>) -> Option<GatewayEvent> {
        let known = self.events.get_mut(key)?;
        let place = known.iter().position(|event| kind(event) == of);
        let taken = place.map(|place| known.remove(place));
        if known.is_empty() {
            self.events.remove(key);
        }
        taken
    }

    fn write(&self) -> io::Result<()> {
        let events = self.events.values().flatten().map(serde_json::to_string);
        let lines: Vec<String> = events.collect::<Result<_, _>>()?;
        checked_text::write(&self.file, &lines.join("\n"))
    }
}

/// Reads the events in the file; `None` if they are not what was written.
fn read(file: &Path) -> Option<Vec<GatewayEvent>> {
    let Ok(Found::Text(text)) = checked_text::read(file) else {
        return None;
    };
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().ok()
}

fn kind(event: &GatewayEvent) -> Discriminant<News> {
    discriminant(&event.news)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use campusg_domain::{
        call::Answer, gateway::Chargeback, money::Cents, owner::wallet::ChargebackStage,
    };

    fn event(id: &str, key: &str, news: News) -> GatewayEvent {
        GatewayEvent {
            id: id.parse().unwrap(),
            key: key.into(),
            news,
        }
    }

    fn answered(id: &str, key: &str, cents: i64) -> GatewayEvent {
        let cents = Cents(cents);
        event(id, key, News::Answer(Answer::Captured { cents }))
    }

    #[test]
    fn what_waits_waits_over_a_restart_until_it_is_brought_in() {
        let dir = tempfile::tempdir().unwrap();
        let cursor = dir.path().join("gateway.cursor");
        let one = answered("a", "order:1/capture/2", 5);
        let other = answered("b", "wallet:1/payout/3", 5);
        let mut waiting = Waiting::open(&cursor);
        assert!(waiting.events().is_empty());
        for event in [&one, &other, &one] {
            waiting.add(event).unwrap();
        }
        let mut waiting = Waiting::open(&cursor);
        assert_eq!(waiting.events(), [one.clone(), other.clone()]);
        waiting.remove(&one);
        waiting.remove(&one);
        assert_eq!(Waiting::open(&cursor).events(), [other]);
    }

    #[test]
    fn of_one_call_the_last_news_of_each_kind_wait() {
        let dir = tempfile::tempdir().unwrap();
        let cursor = dir.path().join("gateway.cursor");
        let mut waiting = Waiting::open(&cursor);
        let key = "order:1/capture/2";
        let chargeback = Chargeback {
            id: "c".into(),
            cents: Cents(5),
            fee: Cents(1),
            stage: ChargebackStage::Open,
        };
        let taken_back = event("b", key, News::Chargeback(chargeback));
        let last = answered("c", key, 6);
        for event in [&answered("a", key, 5), &taken_back, &last] {
            waiting.add(event).unwrap();
        }
        assert_eq!(Waiting::open(&cursor).events(), [taken_back, last]);
    }

    #[test]
    fn what_cannot_be_kept_does_not_count_as_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let mut waiting = Waiting::open(&dir.path().join("nowhere/gateway.cursor"));
        assert!(waiting.add(&answered("a", "order:1/capture/2", 5)).is_err());
        assert!(waiting.events().is_empty());
    }
}
