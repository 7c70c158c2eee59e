//! The notification owner: the one writer of the streams `inbox:{id}`, and the carrier of notices to the outside.
//!
//! Inside of the application a notice is there as soon as its record is; only a failed delivery outside is recorded.

use crate::{
    desk::{Clerk, Desk, Errand, Job, NotWritten, run},
    env::own_command,
    port::{
        clock::Clock,
        notifier::{Notifier, Outgoing},
    },
    vote::Folded,
};
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal, Seq, Stream, UserId},
    notice::Audience,
    order::Rejection,
    owner::inbox::{self, Command, Event, NoticeId},
    record::{Events, Record},
    time::At,
};
use campusg_storage::{journal::CommitQueue, read::Reads};
use std::{collections::HashMap, sync::Arc};

/// A command to an inbox, with everything its record carries.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) user: UserId,
    pub(crate) command: Command,
    pub(crate) principal: Principal,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) now: At,
}

impl Errand for Post {
    fn stream(&self) -> Stream {
        Stream::Inbox(self.user)
    }
}

/// Carries notices.
#[derive(Debug)]
pub(crate) struct NotificationActor {
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    queue: CommitQueue<Record>,
    desk: Desk<Post>,
    reads: Reads,
    /// Last record of the inboxes written since the start.
    last: HashMap<UserId, Seq>,
    folded: Seq,
}

impl NotificationActor {
    /// Carries every notice after `folded`.
    pub(crate) fn new(
        notifier: Arc<dyn Notifier>,
        clock: Arc<dyn Clock>,
            queue: CommitQueue<Record>,
        reads: Reads,
        folded: Seq,
    ) -> Self {
        Self { notifier, clock, queue, desk: Desk::default(), last: HashMap::new(), reads, folded }
    }

    fn deliver(&self, notice: Outgoing, ctx: &mut Context<Self>) {
        let (delivery, me, now) = (self.notifier.deliver(notice), ctx.address(), self.clock.now());
        let delivered = async move {
            let Err(fault) = delivery.await else { return };
            tracing::warn!(user = %notice.to, %fault, "a notice could not be delivered");
            let command = Command::Fail { notice: notice.id };
            let number = notice.id.seq.0 << 16 | u64::from(notice.id.index);
            let (principal, fingerprint) = (Principal::System, Fingerprint(0));
            let post = Post { user: notice.to, command, principal, fingerprint, now };
            if let Err(refusal) = run(&me, own_command(Stream::Inbox(notice.to), "failed", number), post).await {
                tracing::warn!(user = %notice.to, %refusal, "a failed delivery could not be recorded");
            }
        };
        ctx.spawn(delivered.into_actor(self).map(|(), _, _| ()));
    }

    fn fold(&mut self, seq: Seq, record: &Record, ctx: &mut Context<Self>) {
        let index = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        for (i, notice) in record.notices.iter().enumerate() {
            if let Audience::User(to) = notice.to {
                self.deliver(Outgoing { id: NoticeId { seq, index: index(i) }, to, kind: Some(notice.kind) }, ctx);
            }
        }
        if let (Events::Inbox(events), Stream::Inbox(user)) = (&record.events, record.stream) {
            self.last.insert(user, seq);
            if events.iter().any(|event| matches!(event, Event::Sent { .. })) {
                self.deliver(Outgoing { id: NoticeId { seq, index: 0 }, to: user, kind: None }, ctx);
            }
            self.folded_own(seq, record, ctx);
        }
    }
}

impl Actor for NotificationActor {
    type Context = Context<Self>;
}

impl Clerk for NotificationActor {
    type Errand = Post;

    fn desk(&mut self) -> &mut Desk<Post> {
        &mut self.desk
    }

    fn queue(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn decide(&mut self, id: CommandId, post: &Post) -> Result<Option<Record>, Rejection> {
        let Post { user, command, principal, fingerprint, now } = post;
        let events = inbox::decide(*user, command, *principal)?;
        let prev = match self.last.get(user) {
            Some(prev) => *prev,
            // Lies in hot: read in place.
            None => self.reads.inbox_last_seq(*user).unwrap_or(Seq::NONE),
        };
        let events = Events::Inbox(events);
        Ok(Some(Record::of_owner(post.stream(), prev, *now, *principal, id, *fingerprint, events)))
    }
}

impl Handler<Job<Post>> for NotificationActor {
    type Result = ();

    fn handle(&mut self, job: Job<Post>, ctx: &mut Context<Self>) {
        self.take(job, ctx);
    }
}

impl Handler<NotWritten> for NotificationActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}

impl Handler<Folded> for NotificationActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.folded) {
            self.fold(seq, record, ctx);
        }
        self.folded = self.folded.max(batch.last());
    }
}
