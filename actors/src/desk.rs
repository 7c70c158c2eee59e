//! The desk of an owner of many streams: one command at a time per stream, the others wait in line.
//!
//! Invariant: the first of a line is in flight; the rest are decided only on what it leaves behind. A line moves on when
//! the batch that holds the record in flight is folded, or when that record was not written.

use crate::runtime::Refusal;
use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use campusg_domain::{
    id::{CommandId, Seq, Stream},
    order::Rejection,
    record::Record,
};
use campusg_storage::journal::CommitQueue;
use std::collections::{HashMap, VecDeque};
use tokio::sync::oneshot;

/// Most commands that wait for one stream.
const LINE: usize = 32;

/// A command to one stream.
pub(crate) trait Errand: Clone + Send + 'static {
    /// The stream.
    fn stream(&self) -> Stream;
}

/// An errand, its id, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Job<E> {
    id: CommandId,
    errand: E,
    reply: oneshot::Sender<Result<Seq, Refusal>>,
}

impl<E: Errand> Message for Job<E> {
    type Result = ();
}

/// The record in flight of this stream was not written, and never will be.
#[derive(Debug)]
pub(crate) struct NotWritten(Stream, Refusal);

impl Message for NotWritten {
    type Result = ();
}

/// The lines of all streams.
#[derive(Debug)]
pub(crate) struct Desk<E> {
    lines: HashMap<Stream, VecDeque<Job<E>>>,
}

impl<E> Default for Desk<E> {
    fn default() -> Self {
        Self { lines: HashMap::new() }
    }
}

impl<E: Errand> Desk<E> {
    /// Puts a job in its stream's line; answers whether it is the first, and to be begun now.
    fn join(&mut self, job: Job<E>) -> bool {
        let line = self.lines.entry(job.errand.stream()).or_default();
        if line.len() >= LINE {
            // A caller who has left needs no answer.
            let _ = job.reply.send(Err(Refusal::Busy { retry_after_ms: 1_000 }));
            return false;
        }
        line.push_back(job);
        line.len() == 1
    }

    fn first(&self, stream: Stream) -> Option<&Job<E>> {
        self.lines.get(&stream)?.front()
    }

    /// Answers the job in flight; says whether another one is to be begun.
    fn answer(&mut self, stream: Stream, answer: Result<Seq, Refusal>) -> bool {
        let Some(line) = self.lines.get_mut(&stream) else { return false };
        if let Some(job) = line.pop_front() {
            // A caller who has left needs no answer.
            let _ = job.reply.send(answer);
        }
        let more = !line.is_empty();
        if !more {
            self.lines.remove(&stream);
        }
        more
    }
}

/// An owner that works at a desk.
pub(crate) trait Clerk: Actor<Context = Context<Self>> + Handler<Job<Self::Errand>> + Handler<NotWritten> {
    /// What it is asked to do.
    type Errand: Errand;

    /// Its desk.
    fn desk(&mut self) -> &mut Desk<Self::Errand>;

    /// The way into the journal.
    fn queue(&self) -> &CommitQueue<Record>;

    /// Decides on what is folded; `None` where nothing is to be written.
    fn decide(&mut self, id: CommandId, errand: &Self::Errand) -> Result<Option<Record>, Rejection>;

    /// Gives back what deciding reserved.
    fn give_back(&mut self, _id: CommandId) {}

    /// Takes a job in.
    fn take(&mut self, job: Job<Self::Errand>, ctx: &mut Context<Self>) {
        let stream = job.errand.stream();
        if self.desk().join(job) {
            self.begin(stream, ctx);
        }
    }

    /// Decides the first of a line, and those behind it as long as nothing is written.
    fn begin(&mut self, stream: Stream, ctx: &mut Context<Self>) {
        while let Some(job) = self.desk().first(stream) {
            let (id, errand) = (job.id, job.errand.clone());
            let answer = match self.decide(id, &errand) {
                Ok(Some(record)) => return self.submit(stream, record, ctx),
                Ok(None) => Ok(Seq::NONE),
                Err(rejection) => Err(Refusal::rule(rejection)),
            };
            self.give_back(id);
            if !self.desk().answer(stream, answer) {
                return;
            }
        }
    }

    /// Queues the record in flight.
    fn submit(&self, stream: Stream, record: Record, ctx: &mut Context<Self>) {
        let me = ctx.address();
        self.queue().submit(record, move |result| {
            if let Err(fault) = result {
                me.do_send(NotWritten(stream, fault.into()));
            }
        });
    }

    /// A record of a stream of its own was folded.
    fn folded_own(&mut self, seq: Seq, record: &Record, ctx: &mut Context<Self>) {
        let stream = record.stream;
        let mine = self.desk().first(stream).is_some_and(|job| job.id == record.command);
        if mine && self.desk().answer(stream, Ok(seq)) {
            self.begin(stream, ctx);
        }
    }

    /// The record in flight was not written.
    fn not_written(&mut self, NotWritten(stream, refusal): NotWritten, ctx: &mut Context<Self>) {
        if let Some(id) = self.desk().first(stream).map(|job| job.id) {
            self.give_back(id);
        }
        if self.desk().answer(stream, Err(refusal)) {
            self.begin(stream, ctx);
        }
    }
}

/// Gives an owner an errand and waits until it is durable and folded: the record's sequence, none where nothing was written.
pub(crate) async fn run<A: Clerk>(owner: &Addr<A>, id: CommandId, errand: A::Errand) -> Result<Seq, Refusal> {
    let (reply, answer) = oneshot::channel();
    if owner.send(Job { id, errand, reply }).await.is_err() {
        return Err(Refusal::Stopping);
    }
    answer.await.unwrap_or(Err(Refusal::Unknown))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[derive(Clone, Debug)]
    struct Nothing;

    impl Errand for Nothing {
        fn stream(&self) -> Stream {
            Stream::System
        }
    }

    #[test]
    fn the_second_waits_until_the_first_is_answered_and_the_33rd_is_sent_away() {
        let mut desk: Desk<Nothing> = Desk::default();
        let mut answers: Vec<_> = (0..33)
            .map(|n| {
                let (reply, answer) = oneshot::channel();
                assert_eq!(desk.join(Job { id: CommandId(n), errand: Nothing, reply }), n == 0);
                answer
            })
            .collect();
        assert_eq!(answers[32].try_recv().unwrap(), Err(Refusal::Busy { retry_after_ms: 1_000 }));
        assert!(desk.answer(Stream::System, Ok(Seq(7))));
        assert_eq!(answers[0].try_recv().unwrap(), Ok(Seq(7)));
        assert_eq!(desk.first(Stream::System).unwrap().id, CommandId(1));
        for _ in 1..31 {
            assert!(desk.answer(Stream::System, Ok(Seq(7))));
        }
        assert!(!desk.answer(Stream::System, Ok(Seq(7))));
        assert!(desk.first(Stream::System).is_none());
    }
}
