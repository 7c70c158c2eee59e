//! Idempotency keys: which commands were given under one in the last 24 hours, and which record each became.
//!
//! A fold of the records that say that their command was keyed, plus the keys of commands under way. Whoever decides a
//! keyed command claims its key first, and gives the claim back where no record is written. Must not: read a clock, or
//! know what a command does.
//!
//! Invariants: a key is answered for [`KEPT_MS`] from the time of its record, however many others come; it is forgotten
//! at its end, so that memory holds a day at most; per key that is at most 140 bytes (`a_key_takes_few_bytes`). One
//! caller has at most [`MOST`] keys, and those of the process itself are not limited.

use crate::{
    id::{CommandId, Fingerprint, Seq, UserId},
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    fingerprint: Fingerprint,
    /// `Seq::NONE` while the command is under way.
    seq: Seq,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfCaller {
    used: HashMap<CommandId, Used>,
    // Invariant: the ids in `used` that are not under way, in the order of their records.
    by_age: VecDeque<(At, CommandId)>,
}

/// The keys of the last 24 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    callers: HashMap<Caller, OfCaller>,
    // Invariant: one entry per entry of a caller's `by_age`, in the order of their records.
    by_age: VecDeque<Caller>,
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
            let oldest = of_caller.by_age.front().map_or(now, |(at, _)| *at);
            return Err(Rejection::TooManyKeys {
                limit: MOST,
                in_ms: oldest.plus(KEPT_MS).since(now),
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
        if record.keyed {
            let (caller, used) = (record.principal.user(), record.fingerprint);
            self.note(caller, record.command, used, (seq, record.at));
        }
    }

    /// Folds what a record says of its key.
    pub fn note(
        &mut self,
        caller: Option<UserId>,
        command: CommandId,
        fingerprint: Fingerprint,
        (seq, at): (Seq, At),
    ) {
        self.forget(at);
        let of_caller = self.callers.entry(caller).or_default();
        let known = of_caller.used.get(&command);
        if known.is_some_and(|known| known.seq != Seq::NONE) {
            return;
        }
        of_caller.used.insert(command, Used { fingerprint, seq });
        of_caller.by_age.push_back((at, command));
        self.by_age.push_back(caller);
    }

    /// Returns the record that a caller's command became under a key that is still known.
    #[must_use]
    pub fn record_of(&self, caller: Option<UserId>, command: CommandId) -> Option<Seq> {
        let used = self.callers.get(&caller)?.used.get(&command)?;
        (used.seq != Seq::NONE).then_some(used.seq)
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
        while let Some(caller) = self.by_age.front()
            && let Some(of_caller) = self.callers.get_mut(caller)
            && let Some((at, command)) = of_caller.by_age.front().copied()
            && at.plus(KEPT_MS) <= now
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
        if is_mostly_room(self.by_age.len(), self.by_age.capacity()) {
            self.by_age.shrink_to(2 * self.by_age.len());
        }
    }
}

impl OfCaller {
    /// Gives back the room of what was forgotten.
    fn shrink(&mut self) {
        if is_mostly_room(self.by_age.len(), self.by_age.capacity()) {
            self.by_age.shrink_to(2 * self.by_age.len());
            self.used.shrink_to(2 * self.used.len());
        }
    }
}

const fn is_mostly_room(len: usize, capacity: usize) -> bool {
    capacity > 64 && len < capacity / 4
}

#[cfg(test)]
mod tests;
