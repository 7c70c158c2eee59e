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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{CommandId, OrderId, Principal, Seq},
        record::Events,
        stream::Meta,
    };

    const KIND: TimerKind = TimerKind::OrderTimeout;

    fn order(n: u8) -> Stream {
        Stream::Order(OrderId::from_bytes([n; 16]))
    }

    fn timer(n: u8, generation: u32, due: u64) -> Due {
        Due {
            due: At(due),
            stream: order(n),
            kind: KIND,
            generation,
        }
    }

    fn fold(table: &mut Timetable, n: u8, timers: Vec<TimerChange>) {
        let meta = Meta::own(Principal::System, CommandId(n.into()), "test");
        let events = Events::Order(vec![]);
        let record = Record::of_owner(order(n), Seq::NONE, At(0), &meta, events);
        table.fold(&Record { timers, ..record });
    }

    fn arm(table: &mut Timetable, timer: Due) {
        let Stream::Order(order) = timer.stream else {
            panic!("an order's timer")
        };
        let arm = TimerChange::Arm {
            kind: timer.kind,
            generation: timer.generation,
            due: timer.due,
        };
        fold(table, order.as_bytes()[0], vec![arm]);
    }

    fn due(table: &Timetable, now: u64, most: usize) -> Vec<Due> {
        table.due(At(now), most).collect()
    }

    #[test]
    fn timers_are_due_in_their_order_and_so_many_at_once() {
        let mut table = Timetable::default();
        let [late, early, middle] = [timer(1, 1, 30), timer(2, 1, 10), timer(3, 1, 20)];
        for timer in [late, early, middle] {
            arm(&mut table, timer);
        }
        assert_eq!(due(&table, 9, 9), []);
        assert_eq!(due(&table, 20, 9), [early, middle]);
        assert_eq!(due(&table, 30, 2), [early, middle]);
        assert_eq!(due(&table, 30, 9), [early, middle, late]);
        let first = |now| table.first_due(At(now));
        assert_eq!((first(9), first(10)), (None, Some(early)));
        assert_eq!((table.next_due(), table.armed()), (Some(At(10)), 3));
    }

    #[test]
    fn only_the_newest_generation_of_a_kind_fires() {
        let mut table = Timetable::default();
        let [first, second] = [timer(1, 1, 10), timer(1, 2, 20)];
        let kind = KIND;
        arm(&mut table, first);
        arm(&mut table, second);
        assert_eq!(due(&table, 99, 9), [second]);
        let generation = first.generation;
        fold(
            &mut table,
            1,
            vec![TimerChange::Disarm { kind, generation }],
        );
        assert_eq!((due(&table, 99, 9), table.armed()), (vec![second], 1));
        let generation = second.generation;
        fold(&mut table, 1, vec![TimerChange::Fire { kind, generation }]);
        assert_eq!((due(&table, 99, 9), table.armed()), (vec![], 0));
    }

    #[test]
    fn room_is_reserved_until_the_record_is_there_or_it_is_given_back() {
        let policy = Policy {
            armed_timers: 4,
            ..Policy::default()
        };
        let mut table = Timetable::default();
        arm(&mut table, timer(9, 1, 10));
        let ask = |table: &mut Timetable, token, timers| {
            table.vote(CommandId(token), &VoteRequest::Capacity { timers }, &policy)
        };
        assert_eq!(ask(&mut table, 1, 2), Ok(Granted::Granted));
        assert_eq!(ask(&mut table, 2, 1), Ok(Granted::Granted));
        assert_eq!(ask(&mut table, 3, 1), Err(Rejection::TimersFull));
        assert_eq!(table.reservations(), 2);
        table.release(CommandId(2));
        assert_eq!(ask(&mut table, 3, 1), Ok(Granted::Granted));
        fold(&mut table, 1, vec![]);
        assert_eq!(ask(&mut table, 4, 3), Err(Rejection::TimersFull));
        assert_eq!(ask(&mut table, 4, 2), Ok(Granted::Granted));
        let other = VoteRequest::NoDebt {
            user: crate::id::UserId::from_bytes([1; 16]),
        };
        let refused = table.vote(CommandId(5), &other, &policy);
        assert_eq!(refused, Err(Rejection::TransferRefused));
    }

    #[test]
    fn what_is_due_from_the_edge_on_is_counted_and_left_to_the_snapshots() {
        let mut table = Timetable::new(At(100), 5);
        let [near, far] = [timer(1, 1, 99), timer(2, 1, 100)];
        arm(&mut table, near);
        arm(&mut table, far);
        assert_eq!((table.in_memory(), table.armed()), (1, 7));
        assert_eq!((table.edge(), table.next_due()), (At(100), Some(At(99))));
        table.set_edge(At(99));
        assert_eq!((table.in_memory(), table.edge()), (0, At(99)));
        table.set_edge(At(101));
        table.merge(near);
        table.merge(far);
        assert_eq!(due(&table, 100, 9), [near, far]);
        assert_eq!(table.armed(), 7, "both were counted when they were armed");
    }

    #[test]
    fn a_snapshot_brings_in_no_timer_that_is_out_of_date() {
        let mut table = Timetable::default();
        let [older, newer] = [timer(1, 1, 10), timer(1, 2, 20)];
        arm(&mut table, newer);
        table.merge(older);
        table.merge(newer);
        assert_eq!(due(&table, 99, 9), [newer]);
        table.drop_stale(older);
        assert_eq!(due(&table, 99, 9), [newer], "another generation");
        let newest = timer(1, 3, 5);
        table.merge(newest);
        assert_eq!(due(&table, 99, 9), [newest]);
        table.drop_stale(newest);
        assert_eq!((table.in_memory(), table.armed()), (0, 1));
    }
}
