//! The robots' agenda: what they mean to do, in the order of time.

use campusg_domain::time::At;
use std::collections::BTreeMap;

/// Errands by time; those of the same time in the order in which they were noted.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    errands: BTreeMap<(At, u64), E>,
    noted: u64,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self {
            errands: BTreeMap::new(),
            noted: 0,
        }
    }
}

impl<E> Agenda<E> {
    /// Adds an errand that is due at `at`.
    pub fn note(&mut self, at: At, errand: E) {
        self.noted += 1;
        self.errands.insert((at, self.noted), errand);
    }

    /// When the first errand is due; `None` if there is none.
    #[must_use]
    pub fn next_at(&self) -> Option<At> {
        self.errands.first_key_value().map(|((at, _), _)| *at)
    }

    /// Removes and returns the first errand, if it is due at `now`.
    pub fn due(&mut self, now: At) -> Option<E> {
        let first = self.errands.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_at_one_time_the_one_noted_first() {
        let mut agenda = Agenda::default();
        for (at, errand) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b')] {
            agenda.note(At(at), errand);
        }
        assert_eq!((agenda.next_at(), agenda.due(At(0))), (Some(At(1)), None));
        let all: String = std::iter::from_fn(|| agenda.due(At(5))).collect();
        assert_eq!(all, "abcd");
        assert_eq!(agenda.next_at(), None);
    }
}
