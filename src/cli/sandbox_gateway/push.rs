//! Sends the sandbox gateway's events to a server: signed, one after another, each until the server accepts it.
//!
//! The cursor of accepted events is kept in a file beside the book; if it is lost, known events are merely sent
//! again. Events come from the feed, so the faults that are configured in `sandbox.faults` apply here too.

use campusg_actors::port::{clock::Clock, signature::Keyring};
use campusg_domain::gateway::{EventCursor, EventPage, GatewayEvent};
use campusg_sandbox::{Ask, Desk, Reply};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Wait before the book is read for new events.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest wait before a refused event is sent again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Longest wait for a response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends events to a server.
pub(super) struct Pusher {
    pub(super) desk: Desk,
    pub(super) keys: Keyring,
    pub(super) to: SocketAddr,
    /// The file with the cursor in the feed.
    pub(super) place: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
}

impl Pusher {
    /// Sends events for ever; drop the future to stop.
    pub(super) async fn run(self) {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy();
        let Ok(client) = client.build() else {
            tracing::error!("no events are sent: there is no HTTP client");
            return;
        };
        let mut cursor = read(&self.place);
        loop {
            let page = self.page(cursor.clone()).await;
            for event in &page.events {
                self.send_until_taken(&client, event).await;
            }
            if page.next == cursor {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            cursor = page.next;
            write(&self.place, &cursor);
        }
    }

    async fn page(&self, after: EventCursor) -> EventPage {
        let asked = Ask::Events {
            after: after.clone(),
        };
        match self.desk.handle(asked).await {
            Reply::Events(page) => page,
            _ => EventPage {
                events: vec![],
                next: after,
            },
        }
    }

    async fn send_until_taken(&self, client: &reqwest::Client, event: &GatewayEvent) {
        let mut pause = PAUSE;
        while !self.is_taken(client, event).await {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn is_taken(&self, client: &reqwest::Client, event: &GatewayEvent) -> bool {
        let body = serde_json::to_vec(event).expect("events are plain data");
        let (id, sent_s) = (event.id.as_str(), self.clock.now().0 / 1_000);
        let signature = self.keys.sign(id, sent_s, &body);
        let sent = client
            .post(format!("http://{}/api/gateway/events", self.to))
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", sent_s)
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::warn!(
                    event = id,
                    status = answer.status().as_u16(),
                    "an event was not taken"
                );
                false
            }
            Err(fault) => {
                tracing::warn!(event = id, %fault, "an event did not arrive");
                false
            }
        }
    }
}

fn read(place: &Path) -> EventCursor {
    let text = std::fs::read_to_string(place).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

fn write(place: &Path, cursor: &EventCursor) {
    if let Err(fault) = std::fs::write(place, cursor.as_str().unwrap_or_default()) {
        tracing::warn!(path = %place.display(), %fault, "the place in the events is not kept");
    }
}
