//! The bank's interface: calls, payouts, setups, events and look-ups, each at a time given by the caller.

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

/// The outcome of a try, and how long to delay it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled<A> {
    /// The answer, or why the call was refused as misuse.
    pub outcome: Result<A, Misuse>,
    /// Milliseconds by which the answer is to be delayed; 0 unless the card or account is slow.
    pub delay_ms: u64,
}

/// The bank in memory. Its time never goes back: a call from before the last fact counts as made at that fact's time.
#[derive(Clone, Debug)]
pub struct Bank {
    tuning: Tuning,
    state: State,
    // The facts that were folded into `state` and not taken yet, in order.
    fresh: Vec<BookLine>,
}

impl Bank {
    /// A bank without any facts.
    #[must_use]
    pub fn new(scripts: Scripts, tuning: Tuning) -> Self {
        Self {
            tuning,
            state: State::new(scripts),
            fresh: vec![],
        }
    }

    /// Folds a recorded fact, when the bank is restored from its book.
    pub fn apply(&mut self, line: &BookLine) {
        self.state.apply(line);
    }

    /// Takes the facts that were made since the last call of this method, in order, to write them down.
    pub fn take_fresh(&mut self) -> Vec<BookLine> {
        std::mem::take(&mut self.fresh)
    }

    /// Does everything that is due by `now`: late calls and payouts, chargebacks, authorisations that run out.
    pub fn settle(&mut self, now: At) {
        let now = self.state.clock(now);
        while let Some(fact) = self.state.due(now, &self.tuning) {
            self.fold(BookLine { at: now, fact });
        }
    }

    /// When the next thing is due by itself, other than an authorisation that runs out; `None`: nothing is.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        self.state.next_due()
    }

    /// Handles one try of a call. The card is that of the call, or of the authorisation or charge that it refers to.
    pub fn call(&mut self, request: &Request, now: At) -> Handled<Answer> {
        let card = self.state.card_of(&request.operation).cloned();
        self.call_with(request, card.as_ref(), now)
    }

    /// As [`Self::call`], but with the card given, also for authorisations and charges that the bank does not know.
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

    /// Handles the customer's answer when the bank has asked them to confirm an authorisation.
    pub fn confirm(&mut self, key: &CallKey, approve: bool, now: At) -> Handled<Answer> {
        self.handle(now, |state, now, tuning| {
            decide::confirm(state, key, approve, now, tuning)
        })
    }

    /// Lets go of an authorisation before it runs out, which an event reports; `false` if it blocks nothing.
    pub fn lapse(&mut self, key: &CallKey, now: At) -> bool {
        let lapsed = self.handle(now, |state, _, _| decide::lapse(state, key));
        lapsed.outcome.is_ok()
    }

    /// Begins a setup; `id` must be unguessable, since whoever knows it can enter a card for the person.
    pub fn begin_setup(&mut self, id: String, setup: Setup, now: At) -> Handled<()> {
        self.handle(now, |_, _, _| setup::begin(id, setup))
    }

    /// Records the card or bank account, by its token, that a person picked in a setup.
    pub fn enter(&mut self, id: &str, token: &str, now: At) -> Handled<Setup> {
        self.handle(now, |state, _, _| setup::enter(state, id, token))
    }

    /// A setup by its id; `None` if there is none.
    #[must_use]
    pub fn setup(&self, id: &str) -> Option<&Setup> {
        self.state.setups.get(id)
    }

    /// At most `limit` events after event number `after`, each with its time; times never decrease.
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

    /// The present answer to a call, and what the customer's bank did about the charge; `None` if the key is unknown.
    #[must_use]
    pub fn look_up(&self, key: &CallKey) -> Option<Standing> {
        self.state.standing(key)
    }

    /// The amount in cents that the customer is asked to confirm; `None` if they are not asked, or have answered.
    #[must_use]
    pub fn to_confirm(&self, key: &CallKey) -> Option<Cents> {
        self.state.to_confirm(key)
    }

    /// Sums over the calls of one stream (as `order:{id}`), or of all.
    #[must_use]
    pub fn totals(&self, stream: Option<&str>) -> Totals {
        self.state.totals(stream)
    }

    /// Authorisations that were neither captured nor let go of, with the cents that they block or blocked until they ran out.
    pub fn holds(&self) -> impl Iterator<Item = (&CallKey, Cents)> {
        self.state.holds()
    }

    /// Whether the authorisation under this key ran out before it was captured or let go of.
    #[must_use]
    pub fn ran_out(&self, key: &CallKey) -> bool {
        self.state.ran_out(key)
    }

    /// Number of calls that are decided, each counted once, however often it was tried.
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

/// The id of event number `n`.
fn event_id(n: u64) -> EventId {
    let id = format!("evt_{n}").parse();
    id.expect("it is short, and has no blanks")
}
