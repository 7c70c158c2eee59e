//! The gateway's events: what it decided after it had answered. Asked for at boot and regularly, brought in as commands.
//!
//! An event may come twice, late and out of order; the order knows what it already has. The place in the sequence is
//! kept in a file beside the journal: losing it only means that known events come again.

use super::{
    AbortOnDrop, PaymentActor,
    call::{Answers, Party},
};
use crate::{
    port::gateway::{EventCursor, GatewayEvent, PaymentGateway},
    runtime::Refusal,
};
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    call::CallNumber,
    id::{CommandId, Stream},
};
use std::{path::Path, sync::Arc};
use tokio::sync::oneshot;

impl PaymentActor {
    /// Brings in every event after the cursor, then goes on with calls, and asks again after a while.
    pub(super) fn catch_up(
        &mut self,
        caught_up: Option<oneshot::Sender<()>>,
        ctx: &mut Context<Self>,
    ) {
        let Some(answers) = self.answers() else {
            return;
        };
        let (gateway, cursor) = (Arc::clone(&self.start.gateway), self.start.cursor.clone());
        let entropy = Arc::clone(&self.start.entropy);
        let bring =
            async move { bring_in(&*gateway, &answers, &cursor, || entropy.command()).await };
        let bring = self.start.io.spawn(bring);
        ctx.spawn(
            AbortOnDrop(bring)
                .into_actor(self)
                .map(|result, actor, ctx| {
                    if let Err(refusal) = result {
                        tracing::warn!(%refusal, "the gateway's events wait");
                    }
                    if let Some(caught_up) = caught_up {
                        // Nobody waits any more where the process is stopping.
                        let _ = caught_up.send(());
                        let streams: Vec<Stream> = actor.start.calls.streams().collect();
                        streams
                            .into_iter()
                            .for_each(|stream| actor.consider(stream, ctx));
                    }
                    ctx.run_later(actor.start.poll, |actor, ctx| actor.catch_up(None, ctx));
                }),
        );
    }
}

async fn bring_in(
    gateway: &dyn PaymentGateway,
    answers: &Answers,
    file: &Path,
    command: impl Fn() -> CommandId,
) -> Result<(), Refusal> {
    let mut cursor = read_cursor(file);
    loop {
        let Ok(page) = gateway.events(cursor).await else {
            return Ok(());
        };
        for event in &page.events {
            deliver(answers, event, command()).await?;
        }
        if page.next == cursor {
            return Ok(());
        }
        cursor = page.next;
        write_cursor(file, cursor);
    }
}

/// A rejection is an answer: the event does not fit, and will not fit later. An order that needs attention must not
/// hold back the events of all others: its open call asks again under the same key once it is released.
async fn deliver(answers: &Answers, event: &GatewayEvent, id: CommandId) -> Result<(), Refusal> {
    let Some((party, call)) = parse(event.key.as_str()) else {
        tracing::warn!(key = %event.key, "an event of the gateway names no call of ours");
        return Ok(());
    };
    match answers.bring(party, call, event.answer.clone(), id).await {
        Ok(_) => Ok(()),
        Err(Refusal::Rejected { rejection, .. }) => {
            tracing::warn!(key = %event.key, %rejection, "an event of the gateway does not fit");
            Ok(())
        }
        Err(refusal @ (Refusal::NeedsAttention | Refusal::Fault)) => {
            tracing::error!(key = %event.key, %refusal, "an event of the gateway passes an order that needs attention");
            Ok(())
        }
        Err(refusal) => Err(refusal),
    }
}

/// `order:{id}/{purpose}/{n}`, or `wallet:{id}/…`.
fn parse(key: &str) -> Option<(Party, CallNumber)> {
    let mut parts = key.split('/');
    let party = match parts.next()?.split_once(':')? {
        ("order", id) => Party::Order(id.parse().ok()?),
        ("wallet", id) => Party::Wallet(id.parse().ok()?),
        _ => return None,
    };
    let _purpose = parts.next()?;
    Some((party, parts.next()?.parse().ok()?))
}

fn read_cursor(file: &Path) -> EventCursor {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    EventCursor(text.trim().parse().unwrap_or_default())
}

fn write_cursor(file: &Path, cursor: EventCursor) {
    let fresh = file.with_extension("new");
    let written =
        std::fs::write(&fresh, cursor.0.to_string()).and_then(|()| std::fs::rename(&fresh, file));
    if let Err(fault) = written {
        tracing::warn!(path = %file.display(), %fault, "the place in the gateway's events is not kept");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::port::gateway::CallKey;
    use campusg_domain::{
        call::CallKind,
        id::{OrderId, UserId},
        money::Cents,
    };

    #[test]
    fn a_key_leads_back_to_its_order_and_call() {
        let streams = [
            Stream::Order(OrderId::from_bytes([7; 16])),
            Stream::Wallet(UserId::from_bytes([7; 16])),
        ];
        for stream in streams {
            let key = CallKey::of(stream, CallKind::Charge { cents: Cents(1) }, 3);
            let parsed = parse(key.as_str()).map(|(party, n)| (party.stream(), n));
            assert_eq!(parsed, Some((stream, 3)));
        }
        assert!(parse("order:x/authorize/3").is_none());
        assert!(parse("").is_none());
    }

    #[test]
    fn a_lost_cursor_starts_at_the_first_event() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cursor");
        assert_eq!(read_cursor(&file), EventCursor(0));
        write_cursor(&file, EventCursor(42));
        assert_eq!(read_cursor(&file), EventCursor(42));
        std::fs::write(&file, "garbage").unwrap();
        assert_eq!(read_cursor(&file), EventCursor(0));
    }
}
