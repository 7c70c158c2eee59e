//! The shell of an owner of many streams: one command at a time per stream, the others wait in a queue.
//!
//! Invariants: the first command of a queue is in flight, and the others are decided only on the state it leaves. A
//! queue moves on when the batch with the record in flight is folded, or when that record was not written. A key is claimed
//! by at most one command, and other ids are of one command alone, so releasing its reservations never touches another.

use crate::{
    keys::{Claimed, KeyClaim, SharedKeys},
    message::Pending,
    port::clock::Clock,
    refusal::Refusal,
};
use actix::{Actor, AsyncContext, Context, Handler, Message};
use campusg_domain::{
    id::{CommandId, Fingerprint, Seq, Stream},
    record::Record,
    rejection::Rejection,
    stream::{Envelope, Meta, StreamCommand},
    time::At,
    vote::Votes,
};
use campusg_storage::journal::CommitQueue;
use std::{
    collections::{HashMap, VecDeque},
    marker::PhantomData,
};

/// Most commands that wait for one stream.
const WAITING: usize = 32;
/// Most completed commands without a key that are remembered: those of the process itself, which it may give again while
/// their first answer is on its way. What may come again later has its own memory.
const REMEMBERED: usize = 4_096;

/// Notifies an owner that the record in flight of a stream was not and never will be written.
#[derive(Debug)]
pub(crate) struct NotWritten<C> {
    stream: Stream,
    refusal: Refusal,
    command: PhantomData<fn() -> C>,
}

impl<C: 'static> Message for NotWritten<C> {
    type Result = ();
}

/// The queues of all streams of one owner.
#[derive(Debug)]
pub(crate) struct StreamQueue<C: StreamCommand> {
    keys: SharedKeys,
    waiting: HashMap<Stream, VecDeque<Pending<C>>>,
    done: HashMap<(Stream, CommandId), (Fingerprint, Seq)>,
    // Invariant: the keys of `done`, oldest first.
    done_order: VecDeque<(Stream, CommandId)>,
}

impl<C: StreamCommand> StreamQueue<C> {
    /// Queues that are empty.
    pub(crate) fn new(keys: SharedKeys) -> Self {
        Self {
            keys,
            waiting: HashMap::new(),
            done: HashMap::new(),
            done_order: VecDeque::new(),
        }
    }

    /// Adds a command to its stream's queue, or refuses it as busy where too many wait; returns whether it is the first,
    /// to be begun now.
    fn join(&mut self, pending: Pending<C>) -> bool {
        let queue = self.waiting.entry(pending.envelope.stream()).or_default();
        if queue.len() >= WAITING {
            // An error only means that the caller is gone.
            let _ = pending.reply.send(Err(Refusal::Busy {
                retry_after_ms: 1_000,
            }));
            return false;
        }
        queue.push_back(pending);
        queue.len() == 1
    }

    fn first(&self, stream: Stream) -> Option<&Pending<C>> {
        self.waiting.get(&stream)?.front()
    }

    fn first_id(&self, stream: Stream) -> Option<CommandId> {
        self.first(stream).map(|first| first.envelope.meta.id)
    }

    /// Claims the key of a command; one without a key is known if it is among those that were completed last.
    fn claim(&self, envelope: &Envelope<C>, now: At) -> Result<Claimed, Refusal> {
        let meta = &envelope.meta;
        if meta.keyed {
            return self.keys.claim(meta, now).map_err(Refusal::rule);
        }
        match self.done.get(&(envelope.stream(), meta.id)) {
            Some((body, seq)) if *body == meta.fingerprint => Ok(Claimed::Done(*seq)),
            Some(_) => Err(Refusal::rule(Rejection::KeyReused)),
            None => Ok(Claimed::New(None)),
        }
    }

    /// Answers the first command of a queue and removes it; returns whether another one is to be begun.
    fn answer(&mut self, stream: Stream, answer: Result<Seq, Refusal>) -> bool {
        let Some(queue) = self.waiting.get_mut(&stream) else {
            return false;
        };
        let first = queue.pop_front();
        let more = !queue.is_empty();
        if !more {
            self.waiting.remove(&stream);
        }
        if let Some(Pending {
            envelope, reply, ..
        }) = first
        {
            let Meta {
                id, fingerprint, ..
            } = envelope.meta;
            if let Ok(seq) = answer
                && !envelope.meta.keyed
                && seq != Seq::NONE
            {
                self.remember((stream, id), fingerprint, seq);
            }
            // An error only means that the caller is gone.
            let _ = reply.send(answer);
        }
        more
    }

    fn remember(&mut self, key: (Stream, CommandId), body: Fingerprint, seq: Seq) {
        if self.done.insert(key, (body, seq)).is_none() {
            self.done_order.push_back(key);
        }
        if self.done_order.len() > REMEMBERED
            && let Some(oldest) = self.done_order.pop_front()
        {
            self.done.remove(&oldest);
        }
    }
}

/// An owner of many streams of one kind, which are changed by commands `C`.
pub(crate) trait StreamOwner<C: StreamCommand>:
    Actor<Context = Context<Self>> + Handler<Pending<C>> + Handler<NotWritten<C>>
{
    /// The commands that wait or are in flight.
    fn queue(&mut self) -> &mut StreamQueue<C>;

    /// The clock; it never goes back, so the times in a stream do not either.
    fn clock(&self) -> &dyn Clock;

    /// The queue of the journal.
    fn journal(&self) -> &CommitQueue<Record>;

    /// Decides on the folded state and the votes of other owners; `None` if nothing is to be written.
    fn decide(
        &mut self,
        envelope: &Envelope<C>,
        foreign: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal>;

    /// Releases what deciding has reserved.
    fn give_back(&mut self, _id: CommandId) {}

    /// Queues a command, and begins it if it is the first of its stream.
    fn take(&mut self, pending: Pending<C>, ctx: &mut Context<Self>) {
        let stream = pending.envelope.stream();
        if self.queue().join(pending) {
            self.begin(stream, ctx);
        }
    }

    /// Decides the first command of a queue, and further ones as long as nothing is written.
    fn begin(&mut self, stream: Stream, ctx: &mut Context<Self>) {
        while let Some(first) = self.queue().first(stream) {
            let (envelope, foreign) = (first.envelope.clone(), first.foreign.clone());
            let now = self.clock().now();
            let answer = match self.queue().claim(&envelope, now) {
                Ok(Claimed::Done(seq)) => Ok(seq),
                Ok(Claimed::New(key)) => {
                    let decided = match self.decide(&envelope, &foreign, now) {
                        Ok(Some(record)) => return self.commit(stream, record, key, ctx),
                        Ok(None) => Ok(Seq::NONE),
                        Err(refusal) => Err(refusal),
                    };
                    self.give_back(envelope.meta.id);
                    decided
                }
                Err(refusal) => Err(refusal),
            };
            if !self.queue().answer(stream, answer) {
                return;
            }
        }
    }

    /// Queues the record in flight for the journal.
    fn commit(
        &mut self,
        stream: Stream,
        record: Record,
        key: Option<KeyClaim>,
        ctx: &mut Context<Self>,
    ) {
        let me = ctx.address();
        self.journal().submit(record, move |result| {
            drop(key);
            if let Err(fault) = result {
                me.do_send(NotWritten {
                    stream,
                    refusal: fault.into(),
                    command: PhantomData,
                });
            }
        });
    }

    /// Handles the fold of a record of one of its streams: answers its command and begins the next.
    fn folded_own(&mut self, seq: Seq, record: &Record, ctx: &mut Context<Self>) {
        let stream = record.stream;
        let mine = self.queue().first_id(stream) == Some(record.command);
        if mine && self.queue().answer(stream, Ok(seq)) {
            self.begin(stream, ctx);
        }
    }

    /// Handles a record that was not written: releases its reservations, answers its command and begins the next.
    fn not_written(&mut self, fault: NotWritten<C>, ctx: &mut Context<Self>) {
        let stream = fault.stream;
        if let Some(id) = self.queue().first_id(stream) {
            self.give_back(id);
        }
        if self.queue().answer(stream, Err(fault.refusal)) {
            self.begin(stream, ctx);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use campusg_domain::id::{OrderId, Principal};
    use tokio::sync::oneshot;

    #[derive(Clone, Debug)]
    struct TestCommand;

    impl StreamCommand for TestCommand {
        type Target = Stream;

        fn stream(target: Stream) -> Stream {
            target
        }
    }

    fn queued(id: u64, target: Stream, body: u64) -> (Pending<TestCommand>, Answer) {
        let meta = Meta {
            fingerprint: Fingerprint(body),
            ..Meta::own(Principal::System, CommandId(id), "test")
        };
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            envelope: Envelope {
                meta,
                target,
                command: TestCommand,
            },
            foreign: Votes::default(),
            reply,
        };
        (pending, answer)
    }

    type Answer = oneshot::Receiver<Result<Seq, Refusal>>;

    fn pending(id: u64, stream: u8, body: u64) -> Pending<TestCommand> {
        let stream = Stream::Order(OrderId::from_bytes([stream; 16]));
        queued(id, stream, body).0
    }

    fn empty() -> StreamQueue<TestCommand> {
        StreamQueue::new(SharedKeys::default())
    }

    #[test]
    fn the_processs_own_command_is_known_again_in_its_stream_alone() {
        let mut queue = empty();
        let first = pending(1, 1, 9);
        let here = first.envelope.target;
        assert!(queue.join(first));
        assert!(!queue.answer(here, Ok(Seq(5))));
        let claim = |pending: Pending<_>| match queue.claim(&pending.envelope, At(0)) {
            Ok(Claimed::Done(seq)) => Ok(Some(seq)),
            Ok(Claimed::New(_)) => Ok(None),
            Err(refusal) => Err(refusal),
        };
        assert_eq!(claim(pending(1, 1, 9)), Ok(Some(Seq(5))));
        assert_eq!(
            claim(pending(1, 1, 8)),
            Err(Refusal::rule(Rejection::KeyReused))
        );
        assert_eq!(claim(pending(1, 2, 9)), Ok(None));
    }

    #[test]
    fn what_is_done_is_forgotten_in_the_end_and_what_failed_or_wrote_nothing_at_once() {
        let mut queue = empty();
        for id in 0..REMEMBERED as u64 + 3 {
            let pending = pending(id, 1, 0);
            let stream = pending.envelope.target;
            assert!(queue.join(pending));
            let answer = match id {
                1 => Err(Refusal::StorageFull),
                2 => Ok(Seq::NONE),
                _ => Ok(Seq(id)),
            };
            assert!(!queue.answer(stream, answer));
        }
        assert_eq!(
            (queue.done.len(), queue.done_order.len()),
            (REMEMBERED, REMEMBERED)
        );
    }

    #[test]
    fn a_key_that_is_claimed_in_one_stream_is_still_running_in_another() {
        let queue = empty();
        let keyed = |stream| {
            let mut pending = pending(1, stream, 9);
            pending.envelope.meta.keyed = true;
            pending.envelope
        };
        let Ok(Claimed::New(Some(held))) = queue.claim(&keyed(1), At(0)) else {
            panic!("the key is new")
        };
        let elsewhere = queue.claim(&keyed(2), At(0)).unwrap_err();
        assert_eq!(elsewhere, Refusal::rule(Rejection::StillRunning));
        drop(held);
        assert!(matches!(
            queue.claim(&keyed(2), At(0)),
            Ok(Claimed::New(Some(_)))
        ));
    }

    #[test]
    fn the_second_waits_until_the_first_is_answered_and_the_33rd_is_sent_away() {
        let mut queue = empty();
        let mut answers: Vec<_> = (0..33)
            .map(|n| {
                let (pending, answer) = queued(n, Stream::System, 0);
                assert_eq!(queue.join(pending), n == 0);
                answer
            })
            .collect();
        assert_eq!(
            answers[32].try_recv().unwrap(),
            Err(Refusal::Busy {
                retry_after_ms: 1_000
            })
        );
        assert!(queue.answer(Stream::System, Ok(Seq(7))));
        assert_eq!(answers[0].try_recv().unwrap(), Ok(Seq(7)));
        assert_eq!(queue.first_id(Stream::System), Some(CommandId(1)));
        for _ in 1..31 {
            assert!(queue.answer(Stream::System, Ok(Seq(7))));
        }
        assert!(!queue.answer(Stream::System, Ok(Seq(7))));
        assert!(queue.first(Stream::System).is_none());
    }
}
