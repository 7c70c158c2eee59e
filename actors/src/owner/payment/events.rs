//! Takes in the gateway's events: what it decided after it had answered a call. Events are fetched at boot and
//! regularly, and are also sent by the gateway; each becomes a command.
//!
//! An event may come twice, late and out of order. It is only a hint: the command carries what the gateway says now
//! about the event's call, or the event itself if the gateway offers no look-up. Orders and wallets ignore what they
//! already know. The cursor in the sequence of events is kept in a file beside the journal; if it is lost, known
//! events merely come again.

use super::{
    AbortOnDrop, PaymentActor,
    call::{Answers, Party},
    waiting::Waiting,
};
use crate::{
    port::{
        entropy::Entropy,
        gateway::{
            CallKey, Chargeback, EventCursor, EventId, GatewayEvent, LookUpFault, Method, News,
            PaymentGateway, Standing,
        },
    },
    refusal::Refusal,
};
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    call::{Answer, CallNumber},
    id::{Principal, Stream, UserId},
    money::Cents,
    owner::wallet::{self, ChargebackId},
    stream::Envelope,
};
use campusg_storage::{
    checked_text::{self, Found},
    read::Reads,
};
use std::{
    collections::{HashSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::oneshot;

/// Most event ids that are remembered to skip repeated events.
const REMEMBERED: usize = 4_096;

impl PaymentActor {
    /// Takes in every event after the cursor, then makes due calls, and repeats this after a while. `caught_up` is
    /// sent once the events are taken in.
    pub(super) fn catch_up(
        &mut self,
        caught_up: Option<oneshot::Sender<()>>,
        ctx: &mut Context<Self>,
    ) {
        let Some(intake) = self.intake() else {
            return;
        };
        let cursor = self.start.cursor.clone();
        let bring = self
            .start
            .io
            .spawn(async move { intake.follow(&cursor).await });
        ctx.spawn(
            AbortOnDrop(bring)
                .into_actor(self)
                .map(|result, actor, ctx| {
                    match result {
                        Ok(true) => actor.breakers().hears(),
                        Ok(false) => {}
                        Err(refusal) => {
                            tracing::warn!(%refusal, "the gateway's events wait");
                        }
                    }
                    if let Some(caught_up) = caught_up {
                        // An error only means that the process is stopping.
                        let _ = caught_up.send(());
                        let streams: Vec<Stream> = actor.start.calls.streams().collect();
                        streams
                            .into_iter()
                            .for_each(|stream| actor.consider(stream, ctx));
                        actor.look_for_promises(ctx);
                    }
                    ctx.run_later(actor.start.poll, |actor, ctx| actor.catch_up(None, ctx));
                }),
        );
    }

    fn intake(&self) -> Option<EventIntake> {
        Some(EventIntake {
            gateway: Arc::clone(&self.start.gateway),
            answers: self.answers()?,
            reads: self.start.reads.clone(),
            entropy: Arc::clone(&self.start.entropy),
            least_charge: self.start.least_charge,
            seen: Arc::clone(&self.start.seen),
            waiting: Arc::clone(&self.start.waiting),
        })
    }
}

/// The ids of events that have been taken in.
#[derive(Debug, Default)]
pub(crate) struct SeenEvents {
    ids: HashSet<EventId>,
    // Invariant: the same ids as `ids`, oldest first.
    order: VecDeque<EventId>,
}

impl SeenEvents {
    fn knows(&self, id: &EventId) -> bool {
        self.ids.contains(id)
    }

    fn note(&mut self, id: &EventId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.order.push_back(id.clone());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

/// Takes in events, whether they were fetched or sent.
#[derive(Clone)]
pub(crate) struct EventIntake {
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) answers: Answers,
    pub(crate) reads: Reads,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// The smallest amount that a card can be charged.
    pub(crate) least_charge: Cents,
    pub(crate) seen: Arc<Mutex<SeenEvents>>,
    pub(crate) waiting: Arc<Mutex<Waiting>>,
}

impl EventIntake {
    /// Takes an event in; one that was taken in before changes nothing.
    ///
    /// An order that is quarantined or does not answer must not block the events of all others: an event that it
    /// cannot take now is stored and retried later.
    ///
    /// # Errors
    /// If the event was not taken in and the gateway has to send it again.
    pub(crate) async fn take(&self, event: &GatewayEvent) -> Result<(), Refusal> {
        if self.seen(|seen| seen.knows(&event.id)) {
            return Ok(());
        }
        let key = &event.key;
        match self.bring_in(event).await {
            Err(IntakeError::Deferred(refusal)) => {
                tracing::error!(%key, %refusal, "news of the gateway wait");
                let kept = self.waiting(|waiting| waiting.add(event));
                kept.map_err(|fault| {
                    tracing::error!(%key, %fault, "news of the gateway can't be kept waiting");
                    Refusal::Busy {
                        retry_after_ms: 2_000,
                    }
                })?;
            }
            Err(IntakeError::Unavailable(refusal)) => return Err(refusal),
            Ok(()) => {}
        }
        self.seen(|seen| seen.note(&event.id));
        Ok(())
    }

    /// Takes in stored events, as far as that is possible now.
    async fn take_what_waits(&self) -> Result<(), Refusal> {
        for event in self.waiting(|waiting| waiting.events()) {
            let key = &event.key;
            match self.bring_in(&event).await {
                Err(IntakeError::Deferred(_)) => {}
                Err(IntakeError::Unavailable(refusal)) => return Err(refusal),
                Ok(()) => {
                    tracing::info!(%key, "news of the gateway that waited are brought in");
                    self.waiting(|waiting| waiting.remove(&event));
                }
            }
        }
        Ok(())
    }

    /// Looks up what the gateway says now about the event's call, and delivers it.
    async fn bring_in(&self, event: &GatewayEvent) -> Result<(), IntakeError> {
        let key = &event.key;
        let Some(from_event) = Standing::told(&event.news) else {
            return self.bring_in_method(event).await;
        };
        let Some((party, call)) = parse(key.as_str()) else {
            tracing::warn!(%key, "an event of the gateway names no call of ours");
            return Ok(());
        };
        let standing = match self.gateway.look_up(key.clone()).await {
            Ok(Some(standing)) => standing,
            Ok(None) => {
                tracing::warn!(%key, "an event of the gateway names a call that it does not know");
                return Ok(());
            }
            Err(LookUpFault::NotSupported) => from_event,
            Err(LookUpFault::Unreachable(_)) => {
                return Err(IntakeError::Unavailable(Refusal::Busy {
                    retry_after_ms: 2_000,
                }));
            }
        };
        let mut brought = Ok(());
        if standing.answer != Answer::Unavailable {
            let id = self.entropy.command();
            let answer = self.answers.bring(party, call, standing.answer, id).await;
            brought = passed(key, answer.map(drop));
        }
        if let Some(chargeback) = standing.chargeback {
            let charged_back = passed(key, self.charge_back(party, chargeback).await);
            brought = brought.and(charged_back);
        }
        brought.map_err(IntakeError::of)
    }

    /// Stores the card or bank account that a person has entered on the gateway's page.
    async fn bring_in_method(&self, event: &GatewayEvent) -> Result<(), IntakeError> {
        let (key, News::Method(method)) = (&event.key, &event.news) else {
            return Ok(());
        };
        let Some((user, n)) = setup(key.as_str(), method) else {
            tracing::warn!(%key, "an event of the gateway names no setup of ours");
            return Ok(());
        };
        let put = self.put_on_file(user, n, method).await;
        passed(key, put).map_err(IntakeError::of)
    }

    /// Takes in stored events, then every event after the cursor in `file`; returns whether the gateway answered.
    async fn follow(&self, file: &Path) -> Result<bool, Refusal> {
        self.take_what_waits().await?;
        let mut cursor = read_cursor(file);
        loop {
            let Ok(page) = self.gateway.events(cursor.clone()).await else {
                return Ok(false);
            };
            for event in &page.events {
                self.take(event).await?;
            }
            if page.next == cursor {
                return Ok(true);
            }
            cursor = page.next;
            let (file, cursor) = (file.to_path_buf(), cursor.clone());
            // A panic is reported by the panic hook, and known events merely come again.
            let _ = tokio::task::spawn_blocking(move || write_cursor(&file, &cursor)).await;
        }
    }

    /// Transition 43. The chargeback of an order's charge concerns the order's customer, that of a debt payment the
    /// wallet's owner.
    async fn charge_back(&self, party: Party, chargeback: Chargeback) -> Result<(), Refusal> {
        let (user, order) = match party {
            Party::Wallet(user) => (user, None),
            Party::Order(id) => {
                let reads = self.reads.clone();
                let read = tokio::task::spawn_blocking(move || reads.order(id)).await;
                let order = read.map_err(|_| Refusal::Fault)??;
                let order = order.ok_or_else(|| Refusal::not_found("order"))?;
                (order.terms.customer, Some(id))
            }
        };
        let Chargeback {
            id,
            cents,
            fee,
            stage,
        } = chargeback;
        let command = wallet::Command::Chargeback {
            id: ChargebackId(id),
            order,
            cents,
            fee,
            stage,
        };
        let id = self.entropy.command();
        let envelope = Envelope::own(Principal::Gateway, id, user, command);
        self.answers.owners.submit(envelope).await.map(drop)
    }

    fn waiting<T>(&self, look: impl FnOnce(&mut Waiting) -> T) -> T {
        look(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn seen<T>(&self, look: impl FnOnce(&mut SeenEvents) -> T) -> T {
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why an event was not taken in.
#[derive(Debug)]
enum IntakeError {
    /// Nothing can be taken in now: the gateway can't be asked, or the process is stopping.
    Unavailable(Refusal),
    /// The order or wallet that the event concerns can't take it now.
    Deferred(Refusal),
}

impl IntakeError {
    const fn of(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Stopping => Self::Unavailable(refusal),
            Refusal::Rejected { .. }
            | Refusal::WrongCredentials
            | Refusal::Busy { .. }
            | Refusal::GatewayAway
            | Refusal::BeingRestored
            | Refusal::StorageFull
            | Refusal::NeedsAttention
            | Refusal::Unknown
            | Refusal::Fault => Self::Deferred(refusal),
        }
    }
}

impl std::fmt::Debug for EventIntake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventIntake").finish_non_exhaustive()
    }
}

/// A rejection settles the event: it does not fit the order or wallet, and will not fit later.
fn passed(key: &CallKey, brought: Result<(), Refusal>) -> Result<(), Refusal> {
    match brought {
        Err(Refusal::Rejected { rejection, .. }) => {
            tracing::warn!(%key, %rejection, "an event of the gateway does not fit");
            Ok(())
        }
        brought => brought,
    }
}

/// Parses the key of a call, `order:{id}/{purpose}/{n}` or `wallet:{id}/…`.
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

/// Parses the key of a setup, `user:{id}/setup/{kind}/{n}`.
fn setup(key: &str, method: &Method) -> Option<(UserId, u32)> {
    let (rest, n) = key.rsplit_once('/')?;
    let id = rest.split('/').next()?.strip_prefix("user:")?;
    let (user, n) = (id.parse().ok()?, n.parse().ok()?);
    (CallKey::of_setup(user, method.kind(), n).as_str() == key).then_some((user, n))
}

fn read_cursor(file: &Path) -> EventCursor {
    match checked_text::read(file) {
        Ok(Found::Text(text)) => text.parse().unwrap_or_default(),
        Ok(Found::Missing) => EventCursor::default(),
        Ok(Found::Damaged) => {
            tracing::error!(path = %file.display(), "the place in the gateway's events is damaged: they are read again from the first");
            EventCursor::default()
        }
        Err(fault) => {
            tracing::error!(path = %file.display(), %fault, "the place in the gateway's events can't be read: they are read again from the first");
            EventCursor::default()
        }
    }
}

fn write_cursor(file: &Path, cursor: &EventCursor) {
    if let Err(fault) = checked_text::write(file, cursor.as_str().unwrap_or_default()) {
        tracing::warn!(path = %file.display(), %fault, "the place in the gateway's events is not kept");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::port::gateway::CallKey;
    use campusg_domain::{call::CallKind, id::OrderId};

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
    fn only_so_many_events_are_remembered_and_the_oldest_goes_first() {
        let mut seen = SeenEvents::default();
        let id = |n: usize| n.to_string().parse::<EventId>().unwrap();
        for n in 1..=REMEMBERED {
            seen.note(&id(n));
            seen.note(&id(n));
        }
        assert!(seen.knows(&id(1)));
        seen.note(&id(0));
        assert!(!seen.knows(&id(1)));
        assert!(seen.knows(&id(2)) && seen.knows(&id(0)));
        assert_eq!(seen.ids.len(), seen.order.len());
    }

    #[test]
    fn a_lost_cursor_starts_at_the_first_event() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cursor");
        assert_eq!(read_cursor(&file), EventCursor::default());
        let place: EventCursor = "page=7;after=42".parse().unwrap();
        write_cursor(&file, &place);
        assert_eq!(read_cursor(&file), place);
        for none in ["two words".into(), "x".repeat(201), String::new()] {
            std::fs::write(&file, none).unwrap();
            assert_eq!(read_cursor(&file), EventCursor::default());
        }
    }
}
