//! The desk of an owner of many streams: one command at a time per stream, the others wait in line.
//!
//! Invariants: the first of a line is in flight; the rest are decided only on what it leaves behind. A line moves on when
//! the batch that holds the record in flight is folded, or when that record was not written. One id is in flight in one
//! stream at most, so giving back what it holds never touches another command. The time of records never goes back.

use crate::{port::clock::Clock, runtime::Refusal};
use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use campusg_domain::{
    id::{CommandId, Fingerprint, Seq, Stream},
    order::Rejection,
    record::Record,
    time::At,
};
use campusg_storage::journal::CommitQueue;
use std::collections::{HashMap, VecDeque};
use tokio::sync::oneshot;

/// Most commands that wait for one stream.
const LINE: usize = 32;
/// Most done commands that are remembered; older ones only where their stream remembers them.
const REMEMBERED: usize = 4_096;

/// A command to one stream.
pub(crate) trait Errand: Clone + Send + 'static {
    /// The stream.
    fn stream(&self) -> Stream;

    /// Hash of its body.
    fn fingerprint(&self) -> Fingerprint;
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
    in_flight: HashMap<CommandId, Stream>,
    done: HashMap<(Stream, CommandId), (Fingerprint, Seq)>,
    // Invariant: the keys of `done`, oldest first.
    done_order: VecDeque<(Stream, CommandId)>,
    last_at: At,
}

impl<E: Errand> Desk<E> {
    /// An empty desk; no record of it is decided before `last_at`.
    pub(crate) fn after(last_at: At) -> Self {
        Self {
            lines: HashMap::new(),
            in_flight: HashMap::new(),
            done: HashMap::new(),
            done_order: VecDeque::new(),
            last_at,
        }
    }

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

    /// The time of a decision made at `now`: never before the one made last.
    fn time(&mut self, now: At) -> At {
        self.last_at = self.last_at.max(now);
        self.last_at
    }

    /// What the first of a line is answered without deciding: done before, or its id is under way in another stream.
    fn known(&self, stream: Stream) -> Option<Result<Seq, Refusal>> {
        let job = self.first(stream)?;
        match self.done.get(&(stream, job.id)) {
            Some((body, seq)) if *body == job.errand.fingerprint() => return Some(Ok(*seq)),
            Some(_) => return Some(Err(Refusal::rule(Rejection::KeyReused))),
            None => {}
        }
        let elsewhere = self.in_flight.get(&job.id).is_some_and(|other| *other != stream);
        elsewhere.then(|| Err(Refusal::rule(Rejection::StillRunning)))
    }

    fn put_in_flight(&mut self, stream: Stream) {
        if let Some(id) = self.first(stream).map(|job| job.id) {
            self.in_flight.insert(id, stream);
        }
    }

    /// Answers the first of a line; says whether another one is to be begun.
    fn answer(&mut self, stream: Stream, answer: Result<Seq, Refusal>) -> bool {
        let Some(line) = self.lines.get_mut(&stream) else { return false };
        let job = line.pop_front();
        let more = !line.is_empty();
        if !more {
            self.lines.remove(&stream);
        }
        if let Some(job) = job {
            if self.in_flight.get(&job.id) == Some(&stream) {
                self.in_flight.remove(&job.id);
                self.remember(stream, &job, &answer);
            }
            // A caller who has left needs no answer.
            let _ = job.reply.send(answer);
        }
        more
    }

    fn remember(&mut self, stream: Stream, job: &Job<E>, answer: &Result<Seq, Refusal>) {
        let Ok(seq) = answer else { return };
        let key = (stream, job.id);
        if self.done.insert(key, (job.errand.fingerprint(), *seq)).is_none() {
            self.done_order.push_back(key);
        }
        if self.done_order.len() > REMEMBERED
            && let Some(oldest) = self.done_order.pop_front()
        {
            self.done.remove(&oldest);
        }
    }
}

/// An owner that works at a desk.
pub(crate) trait Clerk: Actor<Context = Context<Self>> + Handler<Job<Self::Errand>> + Handler<NotWritten> {
    /// What it is asked to do.
    type Errand: Errand;

    /// Its desk.
    fn desk(&mut self) -> &mut Desk<Self::Errand>;

    /// The clock.
    fn clock(&self) -> &dyn Clock;

    /// The way into the journal.
    fn queue(&self) -> &CommitQueue<Record>;

    /// Decides on what is folded; `None` where nothing is to be written.
    fn decide(&mut self, id: CommandId, errand: &Self::Errand, now: At) -> Result<Option<Record>, Refusal>;

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
            let answer = match self.desk().known(stream) {
                Some(known) => known,
                None => {
                    let now = self.clock().now();
                    let now = self.desk().time(now);
                    let decided = match self.decide(id, &errand, now) {
                        Ok(Some(record)) => return self.submit(stream, record, ctx),
                        Ok(None) => Ok(Seq::NONE),
                        Err(refusal) => Err(refusal),
                    };
                    self.give_back(id);
                    decided
                }
            };
            if !self.desk().answer(stream, answer) {
                return;
            }
        }
    }

    /// Queues the record in flight.
    fn submit(&mut self, stream: Stream, record: Record, ctx: &mut Context<Self>) {
        self.desk().put_in_flight(stream);
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

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint(0)
        }
    }

    #[derive(Clone, Debug)]
    struct To(Stream, u64);

    impl Errand for To {
        fn stream(&self) -> Stream {
            self.0
        }

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint(self.1)
        }
    }

    fn job(id: u64, stream: u8, body: u64) -> Job<To> {
        let stream = Stream::Order(campusg_domain::id::OrderId::from_bytes([stream; 16]));
        Job { id: CommandId(id), errand: To(stream, body), reply: oneshot::channel().0 }
    }

    #[test]
    fn an_id_under_way_in_one_stream_is_not_begun_in_another_and_a_done_one_is_known() {
        let mut desk: Desk<To> = Desk::after(At(0));
        let (first, elsewhere) = (job(1, 1, 9), job(1, 2, 9));
        let (here, there) = (first.errand.0, elsewhere.errand.0);
        assert!(desk.join(first));
        assert_eq!(desk.known(here), None);
        desk.put_in_flight(here);
        assert!(desk.join(elsewhere));
        assert_eq!(desk.known(there), Some(Err(Refusal::rule(Rejection::StillRunning))));
        assert!(!desk.answer(there, Err(Refusal::Fault)));
        assert!(!desk.answer(here, Ok(Seq(5))));
        assert!(desk.join(job(1, 1, 9)));
        assert_eq!(desk.known(here), Some(Ok(Seq(5))));
        assert!(!desk.answer(here, Ok(Seq(5))));
        assert!(desk.join(job(1, 1, 8)));
        assert_eq!(desk.known(here), Some(Err(Refusal::rule(Rejection::KeyReused))));
        assert!(desk.join(job(1, 2, 9)));
        assert_eq!(desk.known(there), None);
    }

    #[test]
    fn what_is_done_is_forgotten_in_the_end_and_what_failed_at_once() {
        let mut desk: Desk<To> = Desk::after(At(0));
        for id in 0..=REMEMBERED as u64 {
            let job = job(id, 1, 0);
            let stream = job.errand.0;
            assert!(desk.join(job));
            desk.put_in_flight(stream);
            assert!(!desk.answer(stream, if id == 1 { Err(Refusal::StorageFull) } else { Ok(Seq(id)) }));
        }
        assert_eq!((desk.done.len(), desk.done_order.len(), desk.in_flight.len()), (REMEMBERED, REMEMBERED, 0));
        assert_eq!(desk.time(At(7)), At(7));
        assert_eq!(desk.time(At(3)), At(7));
    }

    #[test]
    fn the_second_waits_until_the_first_is_answered_and_the_33rd_is_sent_away() {
        let mut desk: Desk<Nothing> = Desk::after(At(0));
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
