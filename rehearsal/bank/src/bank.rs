//! The bank's calls, in the order in which time passes.

use campusg_domain::{
    call::{Answer, CardToken},
    gateway::{CallKey, EventId, GatewayEvent, Payout, PayoutAnswer, Request, Standing},
    money::Cents,
    time::At,
};

use crate::decide::{self, Decision};
use crate::fact::{BookLine, Misuse, Setup, Totals};
use crate::state::State;
use crate::{Scripts, Tuning, payout, setup};

/// An answer of the bank, and how long it is to be held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled<A> {
    /// The answer, or what is wrong with the call.
    pub outcome: Result<A, Misuse>,
    /// Milliseconds to wait before it is said.
    pub delay_ms: u64,
}

/// The bank in memory. Its time never goes back: a call from before the last fact counts as of then.
#[derive(Clone, Debug)]
pub struct Bank {
    tuning: Tuning,
    state: State,
    // The facts that were folded into `state` and not taken yet, in order.
    fresh: Vec<BookLine>,
}

impl Bank {
    /// A bank to which nothing has happened.
    #[must_use]
    pub fn new(scripts: Scripts, tuning: Tuning) -> Self {
        Self {
            tuning,
            state: State::new(scripts),
            fresh: vec![],
        }
    }

    /// Folds a fact from before.
    pub fn apply(&mut self, line: &BookLine) {
        self.state.apply(line);
    }

    /// Takes the facts that have come since the last time, in order.
    pub fn take_fresh(&mut self) -> Vec<BookLine> {
        std::mem::take(&mut self.fresh)
    }

    /// Does everything that is due by now: late calls, charges taken back, authorisations that ran out.
    pub fn settle(&mut self, now: At) {
        let now = self.state.clock(now);
        while let Some(fact) = self.state.due(now, &self.tuning) {
            self.fold(BookLine { at: now, fact });
        }
    }

    /// When something happens next by itself, other than that an authorisation runs out.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        self.state.next_due()
    }

    /// Handles one try of a call; what a call refers to says whose card it is.
    pub fn call(&mut self, request: &Request, now: At) -> Handled<Answer> {
        let card = self.state.card_of(&request.operation).cloned();
        self.call_with(request, card.as_ref(), now)
    }

    /// As [`Self::call`], where the caller says whose card it is, also of what the bank never heard of.
    pub fn call_with(
        &mut self,
        request: &Request,
        card: Option<&CardToken>,
        now: At,
    ) -> Handled<Answer> {
        self.handle(now, |state, now, tuning| {
            decide::call(state, request, card, now, tuning)
        })
    }

    /// Handles one try of a payout.
    pub fn pay_out(&mut self, payout: &Payout, now: At) -> Handled<PayoutAnswer> {
        self.handle(now, |state, now, tuning| {
            payout::pay_out(state, payout, now, tuning)
        })
    }

    /// Handles the customer's word to the bank about a call that was answered "action required".
    pub fn confirm(&mut self, key: &CallKey, approve: bool, now: At) -> Handled<Answer> {
        self.handle(now, |state, now, tuning| {
            decide::confirm(state, key, approve, now, tuning)
        })
    }

    /// Lets go of an authorisation before its time, which an event tells; `false` if it blocks nothing.
    pub fn lapse(&mut self, key: &CallKey, now: At) -> bool {
        let lapsed = self.handle(now, |state, _, _| decide::lapse(state, key));
        lapsed.outcome.is_ok()
    }

    /// Begins a setup under a name that nobody guesses.
    pub fn begin_setup(&mut self, id: String, setup: Setup, now: At) -> Handled<()> {
        self.handle(now, |_, _, _| setup::begin(id, setup))
    }

    /// Enters a card or a bank account for a setup.
    pub fn enter(&mut self, id: &str, token: &str, now: At) -> Handled<Setup> {
        self.handle(now, |state, _, _| setup::enter(state, id, token))
    }

    /// What is entered in a setup; `None` where there is none.
    #[must_use]
    pub fn setup(&self, id: &str) -> Option<&Setup> {
        self.state.setups.get(id)
    }

    /// At most `limit` events after the first `after`, with the time of each; times never fall.
    pub fn events(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Iterator<Item = (At, GatewayEvent)> + '_ {
        let start = usize::try_from(after).unwrap_or(usize::MAX);
        let told = self.state.told.iter().enumerate().skip(start).take(limit);
        told.map(|(place, told)| {
            let event = GatewayEvent {
                id: event_id(place as u64 + 1),
                key: told.key.clone(),
                news: told.news.clone(),
            };
            (told.at, event)
        })
    }

    /// What is known of a call.
    #[must_use]
    pub fn look_up(&self, key: &CallKey) -> Option<Standing> {
        self.state.standing(key)
    }

    /// What the bank waits for the customer to confirm; `None`: nothing, or it is decided.
    #[must_use]
    pub fn to_confirm(&self, key: &CallKey) -> Option<Cents> {
        self.state.to_confirm(key)
    }

    /// Adds up the calls of one stream (as `order:{id}`), or all.
    #[must_use]
    pub fn totals(&self, stream: Option<&str>) -> Totals {
        self.state.totals(stream)
    }

    /// Every authorisation that was neither captured nor let go, and how much it blocks or blocked until it ran out.
    pub fn holds(&self) -> impl Iterator<Item = (&CallKey, Cents)> {
        self.state.holds()
    }

    /// Whether an authorisation ran out before it was captured or let go.
    #[must_use]
    pub fn ran_out(&self, key: &CallKey) -> bool {
        self.state.ran_out(key)
    }

    /// How many calls were decided, each once, however often it was tried.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.state.executed()
    }

    fn handle<A>(
        &mut self,
        now: At,
        decide: impl FnOnce(&mut State, At, &Tuning) -> Result<Decision<A>, Misuse>,
    ) -> Handled<A> {
        self.settle(now);
        let now = self.state.clock(now);
        let mut delay_ms = 0;
        let outcome = decide(&mut self.state, now, &self.tuning).map(|decision| {
            let fact = decision.fact.into_iter();
            fact.for_each(|fact| self.fold(BookLine { at: now, fact }));
            if decision.slow {
                delay_ms = self.tuning.slow_ms;
            }
            decision.answer
        });
        Handled { outcome, delay_ms }
    }

    fn fold(&mut self, line: BookLine) {
        self.state.apply(&line);
        self.fresh.push(line);
    }
}

/// The name of the event that is told as number `n`.
fn event_id(n: u64) -> EventId {
    let id = format!("evt_{n}").parse();
    id.expect("it is short, and has no blanks")
}
