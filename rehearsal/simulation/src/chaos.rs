//! The mishaps of a simulation: crashes, owners and orders that are forgotten and folded again, lost calls, answers that
//! come late or twice.
//!
//! Invariant: mishaps have a random generator of their own, so what people do does not depend on them. Whatever was
//! forgotten must fold to what it was; a difference is kept as drift, which [`Simulation::verify`] reports.

use super::{Seeded, Simulation};
use campusg_domain::{
    call::Answer,
    gateway::CallKey,
    id::{OrderId, Stream},
    invariant::{Broken, Id},
    time::{At, MINUTE_MS, SECOND_MS},
};
use std::collections::BTreeMap;

/// The longest delay of an answer that comes late or a second time, beside one second.
const LATEST_MS: u64 = 30 * MINUTE_MS;

/// Something that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// After a record, everything except the journal is forgotten and folded again, as after a crash.
    Restart,
    /// After a record, one owner is forgotten and folded again from the whole journal.
    OwnerForgotten,
    /// After a record, its order is forgotten and folded again from its own records.
    OrderForgotten,
    /// A call does not reach the gateway, and nothing is done.
    CallLost,
    /// A call is done, but its answer comes late: the try counts as unanswered.
    AnswerLate,
    /// An answer comes a second time, after later answers.
    AnswerAgain,
    /// A call is done, and the process is killed before the answer is recorded.
    KilledAtCall,
}

impl Mishap {
    /// Every mishap, in the order of the report.
    pub const ALL: [Self; 7] = [
        Self::Restart,
        Self::OwnerForgotten,
        Self::OrderForgotten,
        Self::CallLost,
        Self::AnswerLate,
        Self::AnswerAgain,
        Self::KilledAtCall,
    ];

    /// Whether state is forgotten and folded again.
    #[must_use]
    pub const fn forgets(self) -> bool {
        matches!(
            self,
            Self::Restart | Self::OwnerForgotten | Self::OrderForgotten | Self::KilledAtCall
        )
    }

    /// What it is, in a few words for the report.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Restart => "restarts between two records",
            Self::OwnerForgotten => "owners dropped and folded again",
            Self::OrderForgotten => "orders dropped and folded again",
            Self::CallLost => "calls that found no gateway",
            Self::AnswerLate => "answers that came late",
            Self::AnswerAgain => "answers that came twice",
            Self::KilledAtCall => "kills between a call and its record",
        }
    }
}

/// How often each mishap is to happen, how often it did, and what did not fold to what it had been.
#[derive(Clone, Debug)]
pub(super) struct Chaos {
    dice: Seeded,
    once_in: BTreeMap<Mishap, u32>,
    happened: BTreeMap<Mishap, u64>,
    drift: Vec<Broken>,
}

impl Chaos {
    /// No mishap happens until [`Simulation::let_happen`] asks for it.
    pub const fn new(seed: u64) -> Self {
        Self {
            dice: Seeded::new(!seed),
            once_in: BTreeMap::new(),
            happened: BTreeMap::new(),
            drift: vec![],
        }
    }

    fn strikes(&mut self, mishap: Mishap) -> bool {
        let once_in = self.once_in.get(&mishap).copied().unwrap_or(0);
        let strikes = once_in > 0 && self.dice.below(u64::from(once_in)) == 0;
        if strikes {
            *self.happened.entry(mishap).or_default() += 1;
        }
        strikes
    }

    fn later_ms(&mut self) -> u64 {
        SECOND_MS + self.dice.below(LATEST_MS)
    }
}

impl Simulation {
    /// Lets a mishap happen at random, on average at one of `once_in` occasions; 1 is always, 0 never.
    pub fn let_happen(&mut self, mishap: Mishap, once_in: u32) {
        self.chaos.once_in.insert(mishap, once_in);
    }

    /// From now on everything except the journal is forgotten and folded again after each record.
    pub fn crash_after_each_record(&mut self) {
        self.let_happen(Mishap::Restart, 1);
    }

    /// How often each mishap has happened.
    #[must_use]
    pub const fn mishaps(&self) -> &BTreeMap<Mishap, u64> {
        &self.chaos.happened
    }

    /// Differences found when something was forgotten and folded again; if there are any, a rule is wrong.
    #[must_use]
    pub fn drift(&self) -> &[Broken] {
        &self.chaos.drift
    }

    /// The gateway answers no call until `until`, whatever the card, and does nothing.
    pub fn gateway_is_down_until(&mut self, until: At) {
        self.gateway.is_down_until(until);
    }

    /// The bank lets go of an authorisation of this order before it runs out; `false` if it blocks nothing.
    pub fn bank_lets_go(&mut self, order: OrderId) -> bool {
        self.gateway.lapse(order, self.now)
    }

    /// Lets the mishaps happen that come after a record.
    pub(super) fn after_record(&mut self, stream: Stream) {
        if self.chaos.strikes(Mishap::OrderForgotten)
            && let Stream::Order(order) = stream
        {
            let found = self.folds.fold_order_again(order, &self.journal);
            self.drifted(found);
        }
        if self.chaos.strikes(Mishap::OwnerForgotten) {
            let which = self.chaos.dice.next();
            let found = self.folds.fold_owner_again(which, &self.journal);
            self.drifted(found);
        }
        if self.chaos.strikes(Mishap::Restart) {
            self.restart();
        }
    }

    fn restart(&mut self) {
        let found = self.rebuild();
        self.chaos.drift.extend(found.err());
    }

    fn drifted(&mut self, found: Result<(), String>) {
        let broken = found.err().map(|why| Broken { id: Id(10), why });
        self.chaos.drift.extend(broken);
    }

    /// Makes a call, with mishaps; `None` if the process is killed before the answer is recorded.
    pub(super) fn through_chaos(
        &mut self,
        key: &CallKey,
        call: impl FnOnce(&mut Self) -> Answer,
    ) -> Option<Answer> {
        if self.now < self.gateway.down_until || self.chaos.strikes(Mishap::CallLost) {
            return Some(Answer::Unavailable);
        }
        let answer = call(self);
        if answer == Answer::Unavailable {
            return Some(answer);
        }
        if self.chaos.strikes(Mishap::KilledAtCall) {
            self.restart();
            return None;
        }
        if self.chaos.strikes(Mishap::AnswerLate) {
            self.comes_later(key, answer);
            return Some(Answer::Unavailable);
        }
        if self.chaos.strikes(Mishap::AnswerAgain) {
            self.comes_later(key, answer.clone());
        }
        Some(answer)
    }

    fn comes_later(&mut self, key: &CallKey, answer: Answer) {
        let at = self.now.plus(self.chaos.later_ms());
        self.gateway.comes_at(at, key, answer);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use campusg_domain::{
        call::{CallKind, CallState},
        id::{PhotoId, UserId},
        money::{Account, Cents},
        owner::{calls::OpenCall, ledger::Balance, timetable::Timetable, wallet::Wallet},
        policy::Policy,
    };
    use std::sync::Arc;

    fn campus() -> (Simulation, UserId) {
        let mut campus = Simulation::new(Policy::default(), 3);
        let user = campus.register();
        (campus, user)
    }

    #[test]
    fn what_no_record_says_is_drift_once_it_is_forgotten() {
        let (mut campus, user) = campus();
        campus.let_happen(Mishap::Restart, 1);
        campus.activate_runner(user).unwrap();
        assert!(campus.drift().is_empty());
        let (photo, order) = (PhotoId::from_bytes([1; 16]), OrderId::from_bytes([2; 16]));
        campus.folds.photos.insert(photo, order);
        campus.register();
        let found = campus.verify().unwrap_err();
        assert_eq!((found[0].id, found.len()), (Id(10), 1), "{found:?}");
        assert_eq!(found, campus.drift());
        assert_eq!(campus.mishaps()[&Mishap::Restart], 2);
    }

    /// Changes the state of one owner without a record.
    fn spoil(campus: &mut Simulation, which: u64, user: UserId) {
        let (cents, folds) = (Cents(1), &mut campus.folds);
        let balance = Balance {
            posted: cents,
            ..Balance::default()
        };
        let call = OpenCall {
            kind: CallKind::PayOut { cents },
            state: CallState::Open,
        };
        match which {
            0 => folds.ledger.restore_account(Account::Revenue, balance),
            1 => folds.directory = campusg_domain::owner::directory::Directory::default(),
            2 => folds.timetable = Timetable::new(At(u64::MAX), 7),
            3 => folds.calls.restore(Stream::Wallet(user), 1, call),
            _ => folds.wallets.restore(Arc::new(Wallet::new(user))),
        }
    }

    #[test]
    fn an_owner_that_is_not_as_its_records_say_is_found_and_made_anew() {
        for which in 0..5 {
            let (mut campus, user) = campus();
            spoil(&mut campus, which, user);
            let journal = campus.journal.clone();
            campus.folds.fold_owner_again(which, &journal).unwrap_err();
            campus.folds.fold_owner_again(which, &journal).unwrap();
            campus.verify().unwrap();
        }
    }

    #[test]
    fn chances_are_their_own_and_none_is_drawn_where_nothing_can_happen() {
        let mut chaos = Chaos::new(1);
        assert!(!chaos.strikes(Mishap::CallLost));
        let Chaos { dice, happened, .. } = chaos.clone();
        assert!(happened.is_empty() && dice.clone().next() == Seeded::new(!1).next());
        chaos.once_in.insert(Mishap::CallLost, 3);
        let struck = (0..3000)
            .filter(|_| chaos.strikes(Mishap::CallLost))
            .count();
        assert!((800..1200).contains(&struck), "{struck}");
        assert_eq!(chaos.happened[&Mishap::CallLost], struck as u64);
    }
}
