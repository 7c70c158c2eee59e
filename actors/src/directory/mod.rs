//! The directory owner: people and stores, the votes on placements, slots and used-once photos, and the one writer of
//! the streams `user:{id}` and `store:{id}`.
//!
//! Must not: know a password, a plain name or a plain e-mail address, ask another actor, or wait for anything. A panic
//! in here ends the process.

use crate::{
    desk::{Clerk, Desk, Errand, Job, NotWritten},
    fatal::Guard,
    port::clock::Clock,
    runtime::Refusal,
    vote::{CountReservations, Folded, GiveBack, RequestVote},
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
use tokio::sync::watch;

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
}

impl Errand for Entry {
    fn stream(&self) -> Stream {
        match &self.change {
            Change::User(user, _) => Stream::User(*user),
            Change::Store(store, _) => Stream::Store(*store),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// Everybody and every store. The actor is the only writer; whoever answers questions reads in place.
pub(crate) type SharedDirectory = Arc<RwLock<Directory>>;

/// What the directory owner starts from.
#[derive(Debug)]
pub(crate) struct DirectoryStart {
    /// A directory that has folded every record up to `folded`.
    pub(crate) directory: SharedDirectory,
    pub(crate) folded: Seq,
    /// Told what is folded, for whoever reads in place.
    pub(crate) tell: watch::Sender<Seq>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: CommitQueue<Record>,
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) guard: Guard,
}

/// Keeps everybody and every store.
#[derive(Debug)]
pub(crate) struct DirectoryActor {
    start: DirectoryStart,
    desk: Desk<Entry>,
}

impl DirectoryActor {
    /// Starts with nobody waiting.
    pub(crate) fn new(start: DirectoryStart) -> Self {
        let desk = Desk::default();
        Self { start, desk }
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

impl Clerk for DirectoryActor {
    type Errand = Entry;

    fn desk(&mut self) -> &mut Desk<Entry> {
        &mut self.desk
    }

    fn queue(&self) -> &CommitQueue<Record> {
        &self.start.queue
    }

    fn clock(&self) -> &dyn Clock {
        &*self.start.clock
    }

    fn decide(&mut self, id: CommandId, entry: &Entry, now: At) -> Result<Option<Record>, Refusal> {
        let Entry {
            change,
            principal,
            fingerprint,
        } = entry;
        let mut directory = self.write();
        let events = match change {
            Change::User(user, command) => {
                if let Some(known) = directory.executed(*user, id) {
                    return if known == *fingerprint {
                        Ok(None)
                    } else {
                        Err(Refusal::rule(Rejection::KeyReused))
                    };
                }
                let events = directory
                    .decide_user(id, *user, command, *principal, now)
                    .map_err(Refusal::rule)?;
                (!events.is_empty()).then_some(Events::User(events))
            }
            Change::Store(store, command) => {
                let events = directory
                    .decide_store(*store, command, *principal)
                    .map_err(Refusal::rule)?;
                (!events.is_empty()).then_some(Events::Store(events))
            }
        };
        let (stream, principal, fingerprint) = (entry.stream(), *principal, *fingerprint);
        let prev = directory.last_seq(stream);
        Ok(events
            .map(|events| Record::of_owner(stream, prev, now, principal, id, fingerprint, events)))
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
            if matches!(record.stream, Stream::User(_) | Stream::Store(_)) {
                self.folded_own(seq, record, ctx);
            }
        }
        self.start.folded = self.start.folded.max(batch.last());
        self.start.tell.send_replace(self.start.folded);
    }
}
