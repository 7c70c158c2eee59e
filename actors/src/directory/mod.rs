//! The directory owner: people and stores, the votes on placements, slots and used-once photos, and the one writer of
//! the streams `user:{id}` and `store:{id}`.
//!
//! Must not: know a password, a plain name or a plain e-mail address. A panic in here ends the process.

use crate::{
    desk::{Clerk, Desk, Errand, Job, NotWritten},
    vote::{AskVote, Folded, GiveBack},
};
use actix::{Actor, Context, Handler, MessageResult};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal, Seq, StoreId, Stream, UserId},
    order::Rejection,
    owner::directory::{Directory, StoreCommand, UserCommand},
    policy::Policy,
    record::{Events, Record},
    time::At,
};
use campusg_storage::journal::CommitQueue;
use std::sync::{Arc, RwLock, RwLockWriteGuard};

/// Whom or what an errand changes, and how.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    User(UserId, UserCommand),
    Store(StoreId, StoreCommand),
}

/// A command to an account or a store, with everything its record carries.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) change: Change,
    pub(crate) principal: Principal,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) now: At,
}

impl Errand for Entry {
    fn stream(&self) -> Stream {
        match &self.change {
            Change::User(user, _) => Stream::User(*user),
            Change::Store(store, _) => Stream::Store(*store),
        }
    }
}

/// Everybody and every store. The actor is the only writer; whoever answers questions reads in place.
pub(crate) type SharedDirectory = Arc<RwLock<Directory>>;

/// Keeps everybody and every store.
#[derive(Debug)]
pub(crate) struct DirectoryActor {
    directory: SharedDirectory,
    policy: Arc<Policy>,
    queue: CommitQueue<Record>,
    desk: Desk<Entry>,
    folded: Seq,
}

impl DirectoryActor {
    /// Starts from a directory that has folded every record up to `folded`.
    pub(crate) fn new(directory: SharedDirectory, folded: Seq, policy: Arc<Policy>, queue: CommitQueue<Record>) -> Self {
        Self { directory, policy, queue, desk: Desk::default(), folded }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().expect("a panic in the directory ends the process")
    }
}

impl Actor for DirectoryActor {
    type Context = Context<Self>;
}

impl Clerk for DirectoryActor {
    type Errand = Entry;

    fn desk(&mut self) -> &mut Desk<Entry> {
        &mut self.desk
    }

    fn queue(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn decide(&mut self, id: CommandId, entry: &Entry) -> Result<Option<Record>, Rejection> {
        let Entry { change, principal, fingerprint, now } = entry;
        let mut directory = self.write();
        let events = match change {
            Change::User(user, command) => {
                if let Some(known) = directory.executed(*user, id) {
                    return if known == *fingerprint { Ok(None) } else { Err(Rejection::KeyReused) };
                }
                let events = directory.decide_user(id, *user, command, *principal, *now)?;
                (!events.is_empty()).then_some(Events::User(events))
            }
            Change::Store(store, command) => {
                let events = directory.decide_store(*store, command, *principal)?;
                (!events.is_empty()).then_some(Events::Store(events))
            }
        };
        let (stream, principal, fingerprint) = (entry.stream(), *principal, *fingerprint);
        let prev = directory.last_seq(stream);
        Ok(events.map(|events| Record::of_owner(stream, prev, *now, principal, id, fingerprint, events)))
    }

    fn give_back(&mut self, id: CommandId) {
        self.write().release(id);
    }
}

impl Handler<Job<Entry>> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, job: Job<Entry>, ctx: &mut Context<Self>) {
        self.take(job, ctx);
    }
}

impl Handler<NotWritten> for DirectoryActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}

impl Handler<AskVote> for DirectoryActor {
    type Result = MessageResult<AskVote>;

    fn handle(&mut self, AskVote { token, ask }: AskVote, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.write().vote(token, &ask, &self.policy))
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
        for (seq, record) in batch.after(self.folded) {
            self.write().fold(seq, record);
            if matches!(record.stream, Stream::User(_) | Stream::Store(_)) {
                self.folded_own(seq, record, ctx);
            }
        }
        self.folded = self.folded.max(batch.last());
    }
}
