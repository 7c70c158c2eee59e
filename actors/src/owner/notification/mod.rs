//! The notification owner: delivers notices outside of the application, if there is a channel, and is the only writer of the streams
//! `inbox:{id}`.
//!
//! Inside the application a notice exists as soon as its record does; only a failed outside delivery is recorded. A
//! panic in it ends the process.

use crate::{
    fatal::Guard,
    keys::SharedKeys,
    message::{CountReservations, Folded, Pending},
    owners::submit,
    port::{
        clock::Clock,
        notifier::{NotDelivered, Notifier, Outgoing},
    },
    refusal::Refusal,
    shell::owner::{NotWritten, StreamOwner, StreamQueue},
};
use actix::{Actor, AsyncContext, Context, Handler, MessageResult, Recipient, WrapFuture};
use campusg_domain::{
    id::{Principal, Seq, Stream, UserId},
    notice::Audience,
    owner::inbox::{self, Command, Event, NoticeId},
    record::{Events, Record},
    stream::{Envelope, own_command},
    time::At,
    vote::Votes,
};
use campusg_storage::{journal::CommitQueue, read::Reads};
use futures_util::FutureExt;
use std::{collections::HashMap, sync::Arc};

/// The initial state of the notification owner.
#[derive(Debug)]
pub(crate) struct NotificationStart {
    /// The channel outside of the application; `None` if there is none.
    pub(crate) notifier: Option<Arc<dyn Notifier>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: CommitQueue<Record>,
    /// The keys that commands claim.
    pub(crate) keys: SharedKeys,
    pub(crate) reads: Reads,
    /// Notices of records after this one are delivered.
    pub(crate) folded: Seq,
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) guard: Guard,
}

#[derive(Debug)]
pub(crate) struct NotificationActor {
    start: NotificationStart,
    commands: StreamQueue<Command>,
    /// Last record of each inbox that was written since the start.
    last: HashMap<UserId, Seq>,
}

impl NotificationActor {
    /// Starts with empty queues.
    pub(crate) fn new(start: NotificationStart) -> Self {
        Self {
            commands: StreamQueue::new(start.keys.clone()),
            last: HashMap::new(),
            start,
        }
    }

    /// Polls the delivery once first: most notifiers finish at once, and then no task is needed.
    fn deliver(&self, notice: Outgoing, ctx: &mut Context<Self>) {
        let Some(notifier) = &self.start.notifier else {
            return;
        };
        let mut delivery = notifier.deliver(notice);
        match (&mut delivery).now_or_never() {
            Some(Ok(())) => {}
            Some(Err(fault)) => {
                let recorded = failed(ctx.address().recipient(), notice, fault);
                ctx.spawn(recorded.into_actor(self));
            }
            None => {
                let me = ctx.address().recipient();
                let delivered = async move {
                    if let Err(fault) = delivery.await {
                        failed(me, notice, fault).await;
                    }
                };
                ctx.spawn(delivered.into_actor(self));
            }
        }
    }

    fn fold(&mut self, seq: Seq, record: &Record, ctx: &mut Context<Self>) {
        let index = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        for (i, notice) in record.notices.iter().enumerate() {
            if let Audience::User(to) = notice.to {
                self.deliver(
                    Outgoing {
                        id: NoticeId {
                            seq,
                            index: index(i),
                        },
                        to,
                        kind: Some(notice.kind),
                    },
                    ctx,
                );
            }
        }
        if let (Events::Inbox(events), Stream::Inbox(user)) = (&record.events, record.stream) {
            self.last.insert(user, seq);
            if events
                .iter()
                .any(|event| matches!(event, Event::Sent { .. }))
            {
                self.deliver(
                    Outgoing {
                        id: NoticeId { seq, index: 0 },
                        to: user,
                        kind: None,
                    },
                    ctx,
                );
            }
            self.folded_own(seq, record, ctx);
        }
    }
}

/// Records that the outside delivery of a notice failed.
async fn failed(me: Recipient<Pending<Command>>, notice: Outgoing, fault: NotDelivered) {
    tracing::warn!(user = %notice.to, %fault, "a notice could not be delivered");
    let command = Command::Fail { notice: notice.id };
    let number = notice.id.seq.0 << 16 | u64::from(notice.id.index);
    let id = own_command(Stream::Inbox(notice.to), "failed", number);
    let envelope = Envelope::own(Principal::System, id, notice.to, command);
    if let Err(refusal) = submit(&me, envelope, Votes::default()).await {
        tracing::warn!(user = %notice.to, %refusal, "a failed delivery could not be recorded");
    }
}

impl Actor for NotificationActor {
    type Context = Context<Self>;
}

impl StreamOwner<Command> for NotificationActor {
    fn queue(&mut self) -> &mut StreamQueue<Command> {
        &mut self.commands
    }

    fn clock(&self) -> &dyn Clock {
        &*self.start.clock
    }

    fn journal(&self) -> &CommitQueue<Record> {
        &self.start.queue
    }

    fn decide(
        &mut self,
        envelope: &Envelope<Command>,
        _: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let Envelope {
            meta,
            target: user,
            command,
        } = envelope;
        let events = inbox::decide(*user, command, meta.principal).map_err(Refusal::rule)?;
        let prev = match self.last.get(user) {
            Some(prev) => *prev,
            // Not written since the start, so the hot store has it.
            None => self.start.reads.inbox_last_seq(*user)?,
        };
        let events = Events::Inbox(events);
        Ok(Some(Record::of_owner(
            envelope.stream(),
            prev,
            now,
            meta,
            events,
        )))
    }
}

impl Handler<CountReservations> for NotificationActor {
    type Result = MessageResult<CountReservations>;

    fn handle(&mut self, _: CountReservations, _: &mut Context<Self>) -> Self::Result {
        MessageResult(0)
    }
}

impl Handler<Pending<Command>> for NotificationActor {
    type Result = ();

    fn handle(&mut self, pending: Pending<Command>, ctx: &mut Context<Self>) {
        self.take(pending, ctx);
    }
}

impl Handler<NotWritten<Command>> for NotificationActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten<Command>, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}

impl Handler<Folded> for NotificationActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.start.folded) {
            self.fold(seq, record, ctx);
        }
        self.start.folded = self.start.folded.max(batch.last());
    }
}
