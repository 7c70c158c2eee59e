//! Sends a request again when the server says that it was too much at once.

use campusg_client::{ApiRequest, Deviation, Person, Reply};
use std::time::Duration;

/// Most tries of a request.
const TRIES: u32 = 40;
/// Wait between two tries; a server's limits refill within a second.
const PAUSE: Duration = Duration::from_millis(150);

/// Sends a request; if the server says that it was too much at once, nothing was done, and it is sent again.
pub(super) async fn send(person: &Person, ask: ApiRequest) -> Result<Reply, Deviation> {
    let mut tries = 1;
    loop {
        let reply = person.send(ask.clone()).await?;
        if !matches!(reply.status, 429 | 503) || tries == TRIES {
            return Ok(reply);
        }
        tries += 1;
        tokio::time::sleep(PAUSE).await;
    }
}
