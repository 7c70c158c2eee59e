//! The timetable: which timers are armed, and which are due.
//!
//! Votes on capacity.
//! Invariant: a timer is keyed by (stream, kind, generation); only the newest generation of a kind is armed.

use crate::{
    id::Stream,
    policy::Policy,
    record::Record,
    rejection::Rejection,
    time::At,
    timer::{TimerChange, TimerKind},
    vote::{Granted, Token, Vote, VoteRequest},
};
use std::collections::{BTreeSet, HashMap};

/// A timer, ordered by when it is due, then by stream and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// The time at which it fires.
    pub due: At,
    /// The stream that armed it.
    pub stream: Stream,
    /// The kind of timer, which decides what its firing does.
    pub kind: TimerKind,
    /// Counts how often a timer of this kind was armed in this stream; only the newest counts.
    pub generation: u32,
}

/// The timers in `[now, edge)`, how many are armed in all, and what is reserved.
///
/// Timers from `edge` on are counted and left to the snapshots; [`merge`](Self::merge) brings them in.
#[derive(Clone, Debug)]
pub struct Timetable {
    near: BTreeSet<Due>,
    newest: HashMap<(Stream, TimerKind), (u32, At)>,
    edge: At,
    armed: u64,
    reserved: HashMap<Token, u32>,
}

impl Default for Timetable {
    fn default() -> Self {
        Self::new(At(u64::MAX), 0)
    }
}

impl Timetable {
    /// A timetable that keeps timers before `edge` in memory, with `armed` timers in the snapshots.
    #[must_use]
    pub fn new(edge: At, armed: u64) -> Self {
        Self {
            near: BTreeSet::new(),
            newest: HashMap::new(),
            edge,
            armed,
            reserved: HashMap::new(),
        }
    }

    /// Answers a vote request; room for timers is reserved under `token`.
    ///
    /// # Errors
    /// `TimersFull`; `TransferRefused` for a question to another owner.
    pub fn vote(&mut self, token: Token, ask: &VoteRequest, policy: &Policy) -> Vote {
        let VoteRequest::Capacity { timers } = *ask else {
            return Err(Rejection::TransferRefused);
        };
        let reserved: u64 = self.reserved.values().map(|n| u64::from(*n)).sum();
        if self.armed + reserved + u64::from(timers) > policy.armed_timers {
            return Err(Rejection::TimersFull);
        }
        self.reserved.insert(token, timers);
        Ok(Granted::Granted)
    }

    /// Gives back what is reserved under `token`.
    pub fn release(&mut self, token: Token) {
        self.reserved.remove(&token);
    }

    /// How many commands have something reserved.
    #[must_use]
    pub fn reservations(&self) -> usize {
        self.reserved.len()
    }

    /// Folds one record's `timers` section.
    pub fn fold(&mut self, record: &Record) {
        self.reserved.remove(&record.command);
        for change in &record.timers {
            match *change {
                TimerChange::Arm {
                    kind,
                    generation,
                    due,
                } => {
                    self.armed += 1;
                    self.arm(Due {
                        due,
                        stream: record.stream,
                        kind,
                        generation,
                    });
                }
                TimerChange::Disarm { kind, generation }
                | TimerChange::Fire { kind, generation } => {
                    self.armed = self.armed.saturating_sub(1);
                    self.forget(record.stream, kind, generation);
                }
            }
        }
    }

    /// The first timer due at `now` or before.
    #[must_use]
    pub fn first_due(&self, now: At) -> Option<Due> {
        self.near.first().filter(|first| first.due <= now).copied()
    }

    /// Up to `most` timers due at `now` or before, in due order.
    pub fn due(&self, now: At, most: usize) -> impl Iterator<Item = Due> + '_ {
        self.near
            .iter()
            .take_while(move |timer| timer.due <= now)
            .take(most)
            .copied()
    }

    /// When the next timer in memory is due.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        self.near.first().map(|first| first.due)
    }

    /// How many timers are armed, in memory or not.
    #[must_use]
    pub const fn armed(&self) -> u64 {
        self.armed
    }

    /// How many timers are in memory.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        self.near.len()
    }

    /// Up to which point timers are in memory.
    #[must_use]
    pub const fn edge(&self) -> At {
        self.edge
    }

    /// Moves the edge: up before the snapshots are read, so that new arms land in memory; down when they hold too many.
    pub fn set_edge(&mut self, edge: At) {
        self.edge = edge;
        let beyond = self.near.split_off(&Due {
            due: edge,
            stream: Stream::System,
            kind: TimerKind::PaymentAction,
            generation: 0,
        });
        for timer in beyond {
            self.newest.remove(&(timer.stream, timer.kind));
        }
    }

    /// Puts a timer read from a snapshot in memory, unless a newer generation is there.
    pub fn merge(&mut self, timer: Due) {
        let newest = self.newest.get(&(timer.stream, timer.kind));
        if newest.is_none_or(|(generation, _)| *generation < timer.generation) {
            self.arm(timer);
        }
    }

    /// Takes a timer out of memory that its stream does not know any more; it was counted out when it ended.
    pub fn drop_stale(&mut self, timer: Due) {
        self.forget(timer.stream, timer.kind, timer.generation);
    }

    fn arm(&mut self, timer: Due) {
        if let Some((generation, due)) = self.newest.remove(&(timer.stream, timer.kind)) {
            self.near.remove(&Due {
                due,
                generation,
                ..timer
            });
        }
        if timer.due < self.edge {
            self.newest
                .insert((timer.stream, timer.kind), (timer.generation, timer.due));
            self.near.insert(timer);
        }
    }

    fn forget(&mut self, stream: Stream, kind: TimerKind, generation: u32) {
        if let Some((newest, due)) = self.newest.get(&(stream, kind)).copied()
            && newest == generation
        {
            self.newest.remove(&(stream, kind));
            self.near.remove(&Due {
                due,
                stream,
                kind,
                generation,
            });
        }
    }
}
