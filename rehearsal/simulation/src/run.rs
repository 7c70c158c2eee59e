//! Time and the gateway: calls that are due are made, answers arrive, timers fire, all in the order of their times.

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

/// Calls that one settling may make before it counts as a loop.
const SETTLES_WITHIN: u32 = 10_000;

impl Simulation {
    /// Takes in answers that have arrived and makes every call that is due, stream by stream, until none is.
    ///
    /// # Panics
    /// If that never ends: then an answer left its call as it was.
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

    /// One answer that has arrived, or one call that is due; `false` if there is neither.
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

    /// The gateway answers a call, asked or not.
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

    /// The customer answers the bank, if it asks.
    pub fn confirm_payment(&mut self, order: OrderId, yes: bool) {
        let Some(known) = self.folds.orders.get(&order) else {
            return;
        };
        let calls = known.calls.iter();
        let keys = calls.map(|(n, call)| CallKey::of(Stream::Order(order), call.kind, *n));
        keys.for_each(|key| self.gateway.confirm(&key, yes, self.now));
        self.settle();
    }

    /// Lets time pass: fires what becomes due, in the order of the times, and settles at each.
    pub fn advance(&mut self, span_ms: u64) {
        let end = self.now.plus(span_ms);
        while self.next_until(end) {}
    }

    /// Does the next thing that is due: settles and fires the first timer, or else moves the clock to when something
    /// is due next. `false` once nothing more is until `end`, which the clock then shows.
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
