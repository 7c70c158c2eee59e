//! Requests of people who wait when they are told to.

use campusg_client::{ApiRequest, Deviation, Person, Reply};
use std::time::Duration;

/// How often a request is sent that the server has no time for.
const TRIES: u32 = 40;
/// Wait before it is sent again; a server's limits refill within a second.
const PAUSE: Duration = Duration::from_millis(150);

/// Sends a request, and again where the server says that it was too much at once: then nothing was done.
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
