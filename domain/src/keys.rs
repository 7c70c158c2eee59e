//! Idempotency keys: which commands were given under one in the last 24 hours, and which record each became.
//!
//! A fold of the records that say that their command was keyed, plus the keys of commands under way. Whoever decides a
//! keyed command claims its key first, and gives the claim back where no record is written. Must not: read a clock, or
//! know what a command does.
//!
//! Invariants: a key is answered until [`KEPT_MS`] have passed since its record ([`Passed`]), however many others come and
//! however the clock is put right; it is forgotten at its end, so that memory holds a day at most; per key that is at most 140 bytes (`a_key_takes_few_bytes`). One
//! caller has at most [`MOST`] keys, and those of the process itself are not limited.

use crate::{
    id::{CommandId, Fingerprint, Seq, Stream, UserId},
    record::Record,
    rejection::Rejection,
    stream::Meta,
    time::{At, DAY_MS},
};
use std::collections::{HashMap, VecDeque};

/// How long a key is kept, in milliseconds.
pub const KEPT_MS: u64 = DAY_MS;
/// Most keys of one caller that are kept; the next keyed command is refused.
pub const MOST: u32 = 10_000;

/// The person who gave a key; `None` for the process itself.
type Caller = Option<UserId>;

/// What is known of a command's key once it is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and claimed until its record is folded or it is released.
    New,
    /// The command became this record.
    Done(Seq),
}

/// How much time has passed in a journal, by the times of its records: no clock that is put right makes it jump.
///
/// A start of the process, and what a person accepts of the clock, are records of the stream `system`. What lies between such
/// a record and its neighbours does not count: it may be a jump. So a key lives longer by the time in which the server
/// stood still, and never shorter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// `None` where the next record may be after a jump.
    newest: Option<At>,
    /// Milliseconds up to `newest`.
    ms: u64,
}

impl Passed {
    /// Counts the time up to the next record.
    pub fn record(&mut self, stream: Stream, at: At) {
        if stream == Stream::System {
            self.newest = None;
            return;
        }
        self.ms += self.newest.map_or(0, |newest| at.since(newest));
        self.newest = Some(self.newest.map_or(at, |newest| newest.max(at)));
    }

    /// The milliseconds that have passed up to the newest record.
    #[must_use]
    pub const fn ms(&self) -> u64 {
        self.ms
    }

    /// The milliseconds that have passed up to `now`.
    fn by(&self, now: At) -> u64 {
        self.ms + self.newest.map_or(0, |newest| now.since(newest))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    fingerprint: Fingerprint,
    /// `Seq::NONE` while the command is under way.
    seq: Seq,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfCaller {
    used: HashMap<CommandId, Used>,
    // Invariant: the ids in `used` that are not under way, in the order of their records, with what had passed by then.
    by_age: VecDeque<(u64, CommandId)>,
}

/// The keys of the last 24 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    callers: HashMap<Caller, OfCaller>,
    // Invariant: one entry per entry of a caller's `by_age`, in the order of their records.
    by_age: VecDeque<Caller>,
    passed: Passed,
}

impl Keys {
    /// Claims the key of a command that is about to be decided.
    ///
    /// # Errors
    /// `KeyReused` if the key was used with another body; `StillRunning` if its command is under way; `TooManyKeys` if
    /// the key is new and its caller has as many as are kept.
    pub fn claim(&mut self, meta: &Meta, now: At) -> Result<Claim, Rejection> {
        if let Some(seq) = self.look(meta, now)? {
            return Ok(Claim::Done(seq));
        }
        let caller = meta.principal.user();
        let of_caller = self.callers.entry(caller).or_default();
        if of_caller.used.contains_key(&meta.id) {
            return Err(Rejection::StillRunning);
        }
        if caller.is_some() && of_caller.used.len() >= MOST as usize {
            let now = self.passed.by(now);
            let oldest = of_caller.by_age.front().map_or(now, |(noted, _)| *noted);
            return Err(Rejection::TooManyKeys {
                limit: MOST,
                in_ms: (oldest + KEPT_MS).saturating_sub(now),
            });
        }
        let used = Used {
            fingerprint: meta.fingerprint,
            seq: Seq::NONE,
        };
        of_caller.used.insert(meta.id, used);
        Ok(Claim::New)
    }

    /// Returns the record that a keyed command became; `None` if it is new or under way.
    ///
    /// # Errors
    /// `KeyReused` if the key was used with another body.
    pub fn look(&mut self, meta: &Meta, now: At) -> Result<Option<Seq>, Rejection> {
        self.forget(now);
        let of_caller = self.callers.get(&meta.principal.user());
        let used = of_caller.and_then(|of_caller| of_caller.used.get(&meta.id));
        match used.filter(|used| used.seq != Seq::NONE) {
            Some(used) if used.fingerprint != meta.fingerprint => Err(Rejection::KeyReused),
            used => Ok(used.map(|used| used.seq)),
        }
    }

    /// Gives a claim back whose command became no record; one that did stays.
    pub fn release(&mut self, caller: Option<UserId>, command: CommandId) {
        let Some(of_caller) = self.callers.get_mut(&caller) else {
            return;
        };
        if of_caller
            .used
            .get(&command)
            .is_some_and(|used| used.seq == Seq::NONE)
        {
            of_caller.used.remove(&command);
        }
        if of_caller.used.is_empty() {
            self.callers.remove(&caller);
        }
    }

    /// Folds one record.
    pub fn fold(&mut self, seq: Seq, record: &Record) {
        self.pass(record.stream, record.at);
        if record.keyed {
            let caller = record.principal.user();
            self.note(caller, record.command, record.fingerprint, seq);
        }
    }

    /// Counts the time up to the next record, and forgets the keys whose time is over.
    pub fn pass(&mut self, stream: Stream, at: At) {
        self.passed.record(stream, at);
        self.forget_before(self.passed.ms());
    }

    /// Folds what the newest record says of its key.
    pub fn note(
        &mut self,
        caller: Option<UserId>,
        command: CommandId,
        fingerprint: Fingerprint,
        seq: Seq,
    ) {
        let of_caller = self.callers.entry(caller).or_default();
        let known = of_caller.used.get(&command);
        if known.is_some_and(|known| known.seq != Seq::NONE) {
            return;
        }
        of_caller.used.insert(command, Used { fingerprint, seq });
        of_caller.by_age.push_back((self.passed.ms(), command));
        self.by_age.push_back(caller);
    }

    /// Returns the record that a caller's command became under a key that is still known.
    #[must_use]
    pub fn record_of(&self, caller: Option<UserId>, command: CommandId) -> Option<Seq> {
        let used = self.callers.get(&caller)?.used.get(&command)?;
        (used.seq != Seq::NONE).then_some(used.seq)
    }

    /// Returns every key whose record is known, with its caller, that record, and the milliseconds since it; in no order.
    pub fn known(&self) -> impl Iterator<Item = (Option<UserId>, CommandId, Seq, u64)> + '_ {
        let passed = self.passed.ms();
        self.callers.iter().flat_map(move |(caller, known)| {
            known.by_age.iter().map(move |(noted, command)| {
                let seq = known.used.get(command).map_or(Seq::NONE, |used| used.seq);
                (*caller, *command, seq, passed - noted)
            })
        })
    }

    /// Number of keys that are known, those of commands under way among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.callers.values().map(|known| known.used.len()).sum()
    }

    /// Whether no key is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    /// Forgets the keys whose time is over.
    pub fn forget(&mut self, now: At) {
        self.forget_before(self.passed.by(now));
    }

    fn forget_before(&mut self, now_ms: u64) {
        while let Some(caller) = self.by_age.front()
            && let Some(of_caller) = self.callers.get_mut(caller)
            && let Some((noted, command)) = of_caller.by_age.front().copied()
            && noted + KEPT_MS <= now_ms
        {
            of_caller.by_age.pop_front();
            of_caller.used.remove(&command);
            if of_caller.used.is_empty() {
                self.callers.remove(caller);
            } else {
                of_caller.shrink();
            }
            self.by_age.pop_front();
        }
        shrink(&mut self.by_age);
    }
}

impl OfCaller {
    /// Gives back the room of what was forgotten.
    fn shrink(&mut self) {
        if shrink(&mut self.by_age) {
            self.used.shrink_to_fit();
        }
    }
}

/// Gives back the room of a queue that is mostly room, and returns whether it was.
fn shrink<T>(queue: &mut VecDeque<T>) -> bool {
    let mostly_room = queue.capacity() > 64 && queue.len() < queue.capacity() / 4;
    if mostly_room {
        queue.shrink_to_fit();
    }
    mostly_room
}

#[cfg(test)]
mod tests;
