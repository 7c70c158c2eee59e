//! Lets time pass: makes calls that are due, takes in answers and fires timers, in the order of their times.

use super::Simulation;
use campusg_domain::{
    call::{Answer, CallKind, CallNumber},
    gateway::{CallKey, Request},
    id::{CommandId, OrderId, Principal, Stream},
    order::Command,
    owner::{timetable::Due, wallet},
    rejection::Rejection,
    time::At,
};

/// Most steps of one [`Simulation::settle`]; more would mean that it never ends.
const SETTLES_WITHIN: u32 = 10_000;

impl Simulation {
    /// Takes in the answers that have arrived and makes the calls that are due, stream by stream, until there are none.
    ///
    /// # Panics
    /// If that never ends, which means that an answer left its call as it was.
    pub fn settle(&mut self) {
        for _ in 0..SETTLES_WITHIN {
            if !self.step() {
                return;
            }
        }
        panic!(
            "the calls of {:?} never settle",
            self.folds.calls.streams().collect::<Vec<_>>()
        );
    }

    /// Takes in one answer that has arrived, or makes one call that is due; `false` if there is neither.
    pub fn step(&mut self) -> bool {
        if let Some(event) = self.gateway.arrived(self.now) {
            match event.stream {
                Stream::Wallet(user) => self
                    .wallet_answered(user, event.call, event.answer)
                    .expect("an answer to a call that was made is always taken"),
                Stream::Order(order) => self.answered(order, event.call, event.answer),
                other => panic!("{other} makes no calls"),
            }
            return true;
        }
        match self.due_call() {
            Some((Stream::Order(order), n, kind)) => self.call_for_order(order, n, kind),
            Some((Stream::Wallet(user), n, kind)) => self.call_for_wallet(user, n, kind),
            Some((other, ..)) => panic!("{other} makes no calls"),
            None => return false,
        }
        true
    }

    fn call_for_order(&mut self, id: OrderId, n: CallNumber, kind: CallKind) {
        let stream = Stream::Order(id);
        let answer = self.through_chaos(&CallKey::of(stream, kind, n), |campus| {
            let order = &campus.folds.orders[&id];
            let calls = |n| order.calls.get(&n).map(|call| call.kind);
            let request = Request::resolve(stream, n, kind, order.card(n), calls)
                .expect("an order refers to calls that it made");
            campus
                .gateway
                .call((stream, n), &request, order.card(n), campus.now)
        });
        if let Some(answer) = answer {
            self.answered(id, n, answer);
        }
    }

    /// The gateway answers an order's call, as the reply to a try or later by an event.
    pub fn answered(&mut self, order: OrderId, call: CallNumber, answer: Answer) {
        let id = self.fresh();
        let taken = self.command(
            Principal::Gateway,
            order,
            &Command::Answered { call, answer },
            id,
        );
        taken.expect("an answer to a call that was made is always taken");
    }

    /// The customer answers the bank about each payment of this order that it asks about.
    pub fn confirm_payment(&mut self, order: OrderId, yes: bool) {
        let Some(known) = self.folds.orders.get(&order) else {
            return;
        };
        let calls = known.calls.iter();
        let keys = calls.map(|(n, call)| CallKey::of(Stream::Order(order), call.kind, *n));
        keys.for_each(|key| self.gateway.confirm(&key, yes, self.now));
        self.settle();
    }

    /// Moves the clock on by `span_ms` milliseconds; fires each timer when it is due and settles after it.
    pub fn advance(&mut self, span_ms: u64) {
        let end = self.now.plus(span_ms);
        while self.next_until(end) {}
    }

    /// Settles, and then fires the first timer that is due, or else moves the clock to the time at which something is due
    /// next. `false` once nothing more is due until `end`, which the clock then shows.
    pub fn next_until(&mut self, end: At) -> bool {
        self.settle();
        if self.fire_due() {
            return true;
        }
        let next = self.next_event().filter(|at| *at <= end);
        self.now = self.now.max(next.unwrap_or(end));
        next.is_some()
    }

    fn next_event(&self) -> Option<At> {
        let timer = self.folds.timetable.next_due();
        timer.into_iter().chain(self.gateway.next_arrival()).min()
    }

    /// Fires the first timer that is due; `false` if none is.
    fn fire_due(&mut self) -> bool {
        let Some(due) = self.folds.timetable.first_due(self.now) else {
            return false;
        };
        let (id, records) = (self.fresh(), self.journal.len());
        self.fire(due, id)
            .expect("a timer that is armed is always taken");
        assert!(
            self.journal.len() > records,
            "{due:?} fired and left no record: it would fire for ever"
        );
        true
    }

    fn fire(&mut self, due: Due, id: CommandId) -> Result<(), Rejection> {
        let Due {
            stream,
            kind,
            generation,
            ..
        } = due;
        match stream {
            Stream::Order(order) => {
                let fire = Command::TimerDue { kind, generation };
                self.command(Principal::System, order, &fire, id).map(drop)
            }
            Stream::Wallet(user) => {
                let fire = wallet::Command::TimerDue { kind, generation };
                self.wallet_command(Principal::System, user, &fire, id)
                    .map(drop)
            }
            other @ (Stream::System
            | Stream::User(_)
            | Stream::Store(_)
            | Stream::Inbox(_)
            | Stream::Schedule(_)) => panic!("a campus arms no timers of {other}"),
        }
    }

    fn due_call(&self) -> Option<(Stream, CallNumber, CallKind)> {
        let mut streams: Vec<Stream> = self.folds.calls.streams().collect();
        streams.sort_unstable();
        streams.into_iter().find_map(|stream| {
            let (n, kind) = self.folds.calls.due(stream).next()?;
            Some((stream, n, kind))
        })
    }
}
