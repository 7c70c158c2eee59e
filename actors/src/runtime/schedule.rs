//! Events scheduled over the API.

use super::{Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, ScheduleId, Stream},
    owner::schedule::{Command, Scheduled},
    record::Entry,
    rejection::Rejection,
    stream::Meta,
    time::At,
    timer::TimerKind,
};
use std::sync::Arc;

/// The context under which a payload is sealed.
const PAYLOAD: &str = "payload";
/// Longest payload, in bytes.
const PAYLOAD_BYTES: usize = 4_096;

/// An event to be scheduled.
#[derive(Clone, Debug)]
pub struct NewScheduled {
    /// The timer whose command the order gets when the event fires.
    pub kind: TimerKind,
    /// The order that gets the command.
    pub order: OrderId,
    /// When it fires.
    pub due: At,
    /// Additional data as JSON text, at most 4,096 bytes; kept and shown, not interpreted.
    pub payload: String,
}

impl Runtime {
    /// Schedules an event. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`.
    pub async fn schedule(&self, meta: Meta, event: NewScheduled) -> Result<ScheduleId, Refusal> {
        meta.operator()?;
        let author = meta.principal.user().ok_or_else(|| Rejection::NotAllowed {
            who: "signed-in operators".into(),
        })?;
        if let Some(done) = self.done_before(&meta).await? {
            return scheduled_by(&done);
        }
        let field = |field, rule: String| Err(Rejection::field(field, rule).into());
        if self.order(event.order).await?.is_none() {
            return field("entity_id", "is not an order".into());
        }
        if event.payload.len() > PAYLOAD_BYTES {
            return field(
                "payload",
                format!("must have at most {PAYLOAD_BYTES} bytes"),
            );
        }
        let schedule = match Self::keyed_name(&meta).map(ScheduleId::from_bytes) {
            Some(named) if !self.was_scheduled(named).await? => named,
            Some(_) | None => ScheduleId::from_bytes(self.fresh_name()),
        };
        let NewScheduled {
            kind,
            order,
            due,
            payload,
        } = event;
        let create = Command::Create {
            kind,
            order,
            due,
            author,
            payload: self.seal(author, PAYLOAD, &payload)?,
        };
        let seq = self.submit(meta, schedule, create).await?;
        scheduled_by(&self.record_of(seq).await?)
    }

    /// Cancels a scheduled event. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`; `NotCancellable` if it has fired or was cancelled.
    pub async fn cancel_scheduled(&self, meta: Meta, event: ScheduleId) -> Result<(), Refusal> {
        meta.operator()?;
        match self.submit(meta, event, Command::Cancel).await {
            // The timer owner keeps only pending events in memory; ended ones are in the snapshots.
            Err(Refusal::Rejected {
                rejection: Rejection::NotFound { .. },
                ..
            }) if self.was_scheduled(event).await? => Err(Rejection::NotCancellable.into()),
            answer => answer.map(drop),
        }
    }

    /// Returns at most `limit` events scheduled over the API after a cursor, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn scheduled(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<(ScheduleId, Arc<Scheduled>)>, Refusal> {
        self.read(move |reads| reads.scheduled_list(after, limit))
            .await
    }

    /// Opens the payload of a scheduled event; `None` if its author's key was destroyed.
    #[must_use]
    pub fn payload(&self, event: &Scheduled) -> Option<String> {
        self.open(event.author, PAYLOAD, &event.payload)
    }

    async fn was_scheduled(&self, schedule: ScheduleId) -> Result<bool, Refusal> {
        let known = self.read(move |reads| reads.scheduled(schedule)).await;
        known.map(|known| known.is_some())
    }
}

/// Returns the event that a record has scheduled.
fn scheduled_by(done: &Entry) -> Result<ScheduleId, Refusal> {
    let Stream::Schedule(schedule) = done.record.stream else {
        return Err(Refusal::Fault);
    };
    Ok(schedule)
}
