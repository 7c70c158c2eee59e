//! The directory owner: keeps people and stores, votes on placements, concurrent orders and single-use photos, and is
//! the only writer of the streams `user:{id}` and `store:{id}`.
//!
//! Must not: know a password, a plain name or a plain e-mail address, ask another actor, or wait for anything. A
//! panic in it ends the process.

use crate::{
    fatal::Guard,
    keys::SharedKeys,
    message::{CountReservations, Folded, GiveBack, Pending, RequestVote},
    port::clock::Clock,
    refusal::Refusal,
    shell::owner::{NotWritten, StreamOwner, StreamQueue},
};
use actix::{Actor, Context, Handler, MessageResult};
use campusg_domain::{
    id::{CommandId, Seq, Stream},
    owner::directory::{Directory, StoreCommand, UserCommand},
    policy::Policy,
    record::{Events, Record},
    stream::Envelope,
    time::At,
    vote::Votes,
};
use campusg_storage::journal::CommitQueue;
use std::sync::{Arc, RwLock, RwLockWriteGuard};
use tokio::sync::watch;

/// The directory. Only the actor writes to it; readers lock it and read in place.
pub(crate) type SharedDirectory = Arc<RwLock<Directory>>;

/// The initial state of the directory owner.
#[derive(Debug)]
pub(crate) struct DirectoryStart {
    /// Must have folded every record up to `folded`.
    pub(crate) directory: SharedDirectory,
    pub(crate) folded: Seq,
    /// Receives the last folded record, for readers who wait for it.
    pub(crate) folded_sender: watch::Sender<Seq>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: CommitQueue<Record>,
    /// The keys that commands claim.
    pub(crate) keys: SharedKeys,
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) guard: Guard,
}

#[derive(Debug)]
pub(crate) struct DirectoryActor {
    start: DirectoryStart,
    users: StreamQueue<UserCommand>,
    stores: StreamQueue<StoreCommand>,
}

impl DirectoryActor {
    /// Starts with empty queues.
    pub(crate) fn new(start: DirectoryStart) -> Self {
        Self {
            users: StreamQueue::new(start.keys.clone()),
            stores: StreamQueue::new(start.keys.clone()),
            start,
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Directory> {
        self.start
            .directory
            .write()
            .expect("a panic in the directory ends the process")
    }
}

impl Actor for DirectoryActor {
    type Context = Context<Self>;
}

impl StreamOwner<UserCommand> for DirectoryActor {
    fn queue(&mut self) -> &mut StreamQueue<UserCommand> {
        &mut self.users
    }

    fn clock(&self) -> &dyn Clock {
        &*self.start.clock
    }

    fn journal(&self) -> &CommitQueue<Record> {
        &self.start.queue
    }

    fn decide(
        &mut self,
        envelope: &Envelope<UserCommand>,
        _: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let Envelope {
            meta,
            target: user,
            command,
        } = envelope;
        let mut directory = self.write();
        let events = directory.decide_user(meta.id, *user, command, meta.principal, now);
        let events = events.map_err(Refusal::rule)?;
        let prev = directory.last_seq(envelope.stream());
        Ok((!events.is_empty()).then(|| {
            let events = Events::User(events);
            Record::of_owner(envelope.stream(), prev, now, meta, events)
        }))
    }

    fn give_back(&mut self, id: CommandId) {
        self.write().release(id);
    }
}

impl StreamOwner<StoreCommand> for DirectoryActor {
    fn queue(&mut self) -> &mut StreamQueue<StoreCommand> {
        &mut self.stores
    }

    fn clock(&self) -> &dyn Clock {
        &*self.start.clock
    }

    fn journal(&self) -> &CommitQueue<Record> {
        &self.start.queue
    }

    fn decide(
        &mut self,
        envelope: &Envelope<StoreCommand>,
        _: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let Envelope {
            meta,
            target: store,
            command,
        } = envelope;
        let directory = self.write();
        let events = directory.decide_store(*store, command, meta.principal);
        let events = events.map_err(Refusal::rule)?;
        let prev = directory.last_seq(envelope.stream());
        Ok((!events.is_empty()).then(|| {
            let events = Events::Store(events);
            Record::of_owner(envelope.stream(), prev, now, meta, events)
        }))
    }
}

impl Handler<Pending<UserCommand>> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, pending: Pending<UserCommand>, ctx: &mut Context<Self>) {
        self.take(pending, ctx);
    }
}

impl Handler<NotWritten<UserCommand>> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten<UserCommand>, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}

impl Handler<Pending<StoreCommand>> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, pending: Pending<StoreCommand>, ctx: &mut Context<Self>) {
        self.take(pending, ctx);
    }
}

impl Handler<NotWritten<StoreCommand>> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten<StoreCommand>, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}

impl Handler<RequestVote> for DirectoryActor {
    type Result = MessageResult<RequestVote>;

    fn handle(
        &mut self,
        RequestVote { token, ask }: RequestVote,
        _: &mut Context<Self>,
    ) -> Self::Result {
        MessageResult(self.write().vote(token, &ask, &self.start.policy))
    }
}

impl Handler<CountReservations> for DirectoryActor {
    type Result = MessageResult<CountReservations>;

    fn handle(&mut self, _: CountReservations, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.write().reservations())
    }
}

impl Handler<GiveBack> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, GiveBack(token): GiveBack, _: &mut Context<Self>) {
        self.write().release(token);
    }
}

impl Handler<Folded> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.start.folded) {
            self.write().fold(seq, record);
            match record.stream {
                Stream::User(_) => StreamOwner::<UserCommand>::folded_own(self, seq, record, ctx),
                Stream::Store(_) => StreamOwner::<StoreCommand>::folded_own(self, seq, record, ctx),
                Stream::System
                | Stream::Order(_)
                | Stream::Wallet(_)
                | Stream::Inbox(_)
                | Stream::Schedule(_) => {}
            }
        }
        self.start.folded = self.start.folded.max(batch.last());
        self.start.folded_sender.send_replace(self.start.folded);
    }
}
