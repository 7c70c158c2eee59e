//! The clock of the machine goes wrong: what is refused at the start, what goes on, and what only a person can accept.

use crate::common::{
    BEGINNING, House, PASSWORD, PATIENCE, Settings, Stopped, operator, picture, plain,
};
use campusg_actors::{
    port::clock::{Clock, ManualClock},
    runtime::{AcceptedClock, RuntimeConfig, Secret, StartFault, Step},
};
use campusg_domain::{
    call::AccountToken,
    id::{OrderId, Principal, Stream, UserId},
    money::Cents,
    notice::{Audience, NoticeKind},
    order::{CancelReason, Command, Event, Order, Stage, Status, TimerEvent},
    owner::wallet,
    record::{Entry, Events, SystemEvent},
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerState,
};
use futures_util::future::BoxFuture;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The clock of a machine: time passes steadily, and somebody sets what it shows. Nobody can advance it.
#[derive(Debug)]
struct MachineClock {
    steady: ManualClock,
    set_ms: AtomicI64,
}

impl MachineClock {
    fn showing(now: At) -> Arc<Self> {
        Arc::new(Self {
            steady: ManualClock::new(now),
            set_ms: AtomicI64::new(0),
        })
    }

    fn set(&self, ms: i64) {
        self.set_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn pass(&self, ms: u64) {
        self.steady.advance(ms).unwrap();
    }
}

impl Clock for MachineClock {
    fn now(&self) -> At {
        let steady = self.steady.now().0;
        At(steady.saturating_add_signed(self.set_ms.load(Ordering::SeqCst)))
    }

    fn monotonic_ms(&self) -> u64 {
        self.steady.monotonic_ms()
    }

    fn is_virtual(&self) -> bool {
        false
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        let set_ms = self.set_ms.load(Ordering::SeqCst);
        self.steady.until(At(due.0.saturating_add_signed(-set_ms)))
    }

    fn advance(&self, _: u64) -> Option<At> {
        None
    }
}

const MONTH_MS: u64 = 30 * DAY_MS;

fn by(clock: &Arc<MachineClock>) -> Settings {
    Settings {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        ..Settings::default()
    }
}

/// Puts the machine's clock in place of the virtual one.
fn on(mut stopped: Stopped, clock: &Arc<MachineClock>) -> Stopped {
    stopped.settings.clock = Arc::clone(clock) as Arc<dyn Clock>;
    stopped
}

/// The times that a refused start names: the journal's newest, and what the clock shows.
async fn refused(stopped: &Stopped) -> (At, At) {
    match stopped.try_start().await {
        Err(StartFault::Clock { newest, shown }) => (newest, shown),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
}

async fn accepted(mut stopped: Stopped, from: At) -> House {
    let by = "Ada".into();
    stopped.settings.accepted_clock = Some(AcceptedClock { from, by });
    stopped.start().await
}

/// An order on the board, by a clock that is a month ahead; the clock is set right while the server is stopped.
async fn a_month_ahead() -> (Stopped, Arc<MachineClock>, UserId, OrderId) {
    let house = House::new().await;
    house.advance(MONTH_MS);
    let customer = house.customer("ada", "tok_visa").await;
    let order = house.place(customer).await.id;
    let available = |order: &Order| matches!(order.stage, Stage::Available { .. });
    house.until_order("available", order, available).await;
    // Further on than a photo is kept: one that another clock dates is swept at once.
    let clock = MachineClock::showing(BEGINNING.plus(3 * DAY_MS));
    (on(house.stop().await, &clock), clock, customer, order)
}

async fn until_stepped(house: &House) -> Step {
    let waiting = async {
        loop {
            if let Some(step) = house.runtime.readiness().clock {
                return step;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap()
}

async fn until_system(house: &House, what: &str, wanted: impl Fn(&SystemEvent) -> bool) {
    let found = |entries: &[Entry]| {
        let found = entries.iter().any(|entry| {
            matches!(&entry.record.events, Events::System(events) if events.iter().any(&wanted))
        });
        found.then_some(())
    };
    house.tap().until(what, found).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_clock_behind_the_journal_is_refused_with_both_times_and_goes_on_once_accepted() {
    let (stopped, clock, customer, order) = a_month_ahead().await;
    let (newest, shown) = refused(&stopped).await;
    assert_eq!((newest, shown), (BEGINNING.plus(MONTH_MS), clock.now()));
    let house = accepted(stopped, newest).await;
    let known = house.order(order).await;
    assert_eq!(known.status(), Status::Pending);
    assert!(known.terms.placed_at <= clock.now() && known.last_at <= clock.now());
    // What the order had left it still has: not a month more.
    let timeout = house.settings.policy.order_timeout_ms;
    clock.pass(timeout);
    let ended = house
        .until_order("no runner came", order, |order| order.is_terminal())
        .await;
    let Stage::Cancelled(how) = &ended.stage else {
        panic!("{:?}", ended.stage)
    };
    assert_eq!(how.reason, CancelReason::NoRunnerTimeout);
    house.place(customer).await;
    // The word was for that start only, and no other one needs it.
    let mut stopped = house.stop().await;
    stopped.settings.accepted_clock = None;
    stopped.start().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_word_for_another_time_accepts_nothing() {
    let (mut stopped, ..) = a_month_ahead().await;
    let (newest, _) = refused(&stopped).await;
    stopped.settings.accepted_clock = Some(AcceptedClock {
        from: newest.plus(1),
        by: "Ada".into(),
    });
    assert_eq!(refused(&stopped).await.0, newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_the_acceptance_is_in_the_journal_with_who_and_how_far() {
    let (stopped, ..) = a_month_ahead().await;
    let (newest, shown) = refused(&stopped).await;
    let records = accepted(stopped, newest).await.stop().await.records();
    let event = records.iter().find_map(|record| match &record.events {
        Events::System(events) => events
            .iter()
            .find(|event| matches!(event, SystemEvent::ClockAccepted { .. })),
        _ => None,
    });
    let expected = SystemEvent::ClockAccepted {
        from: newest,
        to: shown,
        by: Some("Ada".into()),
        reason: None,
    };
    assert_eq!(event, Some(&expected));
    let back = Event::Timer(TimerEvent::ClockSetBack {
        ms: newest.since(shown),
    });
    let told = records
        .iter()
        .filter(|record| matches!(&record.events, Events::Order(events) if events.contains(&back)));
    assert_eq!(told.count(), 1, "the order is told once");
}

/// An order that was carried out with a clock a month ahead: the house, its customer and runner, and its id.
async fn carried_out_a_month_ahead() -> (House, [UserId; 2], OrderId) {
    let house = House::new().await;
    house.advance(MONTH_MS);
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    house.carry_out(runner, order).await;
    (house, [customer, runner], order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_an_order_that_has_ended_ahead_of_the_clock_takes_commands_and_the_next_start_is_not_refused()
 {
    let (house, [customer, _], order) = carried_out_a_month_ahead().await;
    let done = house.order(order).await;
    assert_eq!(done.status(), Status::Completed);
    let clock = MachineClock::showing(BEGINNING.plus(HOUR_MS));
    let stopped = on(house.stop().await, &clock);
    let newest = refused(&stopped).await.0;
    let house = accepted(stopped, newest).await;
    let rated = Command::Rate { stars: 5 };
    let me = Principal::User(customer);
    let rated = house.give(me, order, rated).await.unwrap();
    assert!(rated.last_at <= clock.now() && rated.ended_at.unwrap() <= clock.now());
    house.restart().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_payout_that_waits_for_its_next_try_does_not_wait_for_a_month() {
    let (house, [_, runner], _) = carried_out_a_month_ahead().await;
    let account = AccountToken("acct_down".into());
    let set = house.runtime.set_payout_method(plain(runner), account);
    set.await.unwrap();
    let payout = house
        .runtime
        .request_payout(plain(runner), Cents(500))
        .await;
    let payout = payout.unwrap().call;
    let deferred = |entries: &[Entry]| {
        let armed = entries.iter().rev().find(|entry| {
            entry.record.stream == Stream::Wallet(runner) && !entry.record.timers.is_empty()
        });
        armed.map(|entry| entry.seq)
    };
    house.tap().until("a payout that rests", deferred).await;
    let clock = MachineClock::showing(BEGINNING.plus(HOUR_MS));
    let stopped = on(house.stop().await, &clock);
    let newest = refused(&stopped).await.0;
    let house = accepted(stopped, newest).await;
    let retry = house.runtime.payouts(runner).await.unwrap().retry.unwrap();
    assert_eq!(retry.state, TimerState::Pending);
    assert!(retry.due <= clock.now().plus(DAY_MS), "{retry:?}");
    clock.pass(DAY_MS);
    let again = |entries: &[Entry]| {
        let again = entries.iter().any(|entry| {
            entry.record.stream == Stream::Wallet(runner)
                && matches!(&entry.record.events, Events::Wallet(events)
                    if events.contains(&wallet::Event::CallRetried { call: payout }))
        });
        again.then_some(())
    };
    house.tap().until("tried again", again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_session_of_a_clock_that_was_ahead_does_not_last_a_month_longer() {
    let house = House::new().await;
    house.advance(MONTH_MS);
    let ada = house.register("ada").await;
    let sign_in = async |house: &House| {
        let password = Secret(PASSWORD.into());
        let signed_in = house
            .runtime
            .sign_in(plain(ada), "ada@campus.example", password);
        signed_in.await.unwrap().token
    };
    let ahead = sign_in(&house).await;
    assert!(house.runtime.authenticate(&ahead).is_some());
    let clock = MachineClock::showing(BEGINNING.plus(HOUR_MS));
    let stopped = on(house.stop().await, &clock);
    let newest = refused(&stopped).await.0;
    let house = accepted(stopped, newest).await;
    assert!(house.runtime.authenticate(&ahead).is_none());
    let right = sign_in(&house).await;
    assert!(house.runtime.authenticate(&right).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_clock_that_is_set_back_while_running_alarms_and_time_goes_on() {
    let clock = MachineClock::showing(BEGINNING);
    let house = House::with(by(&clock)).await;
    let boss = house.operator().await;
    let customer = house.customer("ada", "tok_visa").await;
    let order = house.place(customer).await.id;
    assert_eq!(house.runtime.readiness().clock, None);
    clock.set(-(HOUR_MS as i64));
    let step = until_stepped(&house).await;
    assert_eq!((step.is_back(), step.ms()), (true, HOUR_MS));
    let alarmed = |entries: &[Entry]| {
        let mut notices = entries.iter().flat_map(|entry| &entry.record.notices);
        let kind = NoticeKind::ClockStepped {
            back: true,
            ms: HOUR_MS,
        };
        let to = Audience::Operators;
        notices
            .any(|notice| notice.to == to && notice.kind == kind)
            .then_some(())
    };
    house.tap().until("operators are alarmed", alarmed).await;
    clock.pass(house.settings.policy.order_timeout_ms);
    house
        .until_order("timers fire", order, |order| order.is_terminal())
        .await;
    let refused = house
        .runtime
        .accept_clock(&operator(boss), "it is right")
        .await;
    assert_eq!(refused.unwrap_err().code(), "clock_set_back");
    clock.set(HOUR_MS as i64);
    until_system(&house, "settled", |event| {
        *event == SystemEvent::ClockSettled
    })
    .await;
    assert_eq!(house.runtime.readiness().clock, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_jump_forward_decides_nothing_until_an_operator_accepts_it_also_over_a_restart() {
    let clock = MachineClock::showing(BEGINNING);
    let house = House::with(by(&clock)).await;
    let boss = house.operator().await;
    let customer = house.customer("ada", "tok_visa").await;
    let order = house.place(customer).await.id;
    clock.set(DAY_MS as i64);
    let step = until_stepped(&house).await;
    assert_eq!((step.is_back(), step.ms()), (false, DAY_MS));
    until_system(&house, "recorded", |event| {
        matches!(event, SystemEvent::ClockStepped { .. })
    })
    .await;
    let house = house.restart().await;
    assert_eq!(until_stepped(&house).await.ms(), DAY_MS);
    assert_eq!(house.runtime.now(), BEGINNING);
    assert_eq!(house.order(order).await.status(), Status::Pending);
    let nobody = house
        .runtime
        .accept_clock(&plain(customer), "it is right")
        .await;
    assert_eq!(nobody.unwrap_err().code(), "not_allowed");
    let accepted = house
        .runtime
        .accept_clock(&operator(boss), "it is right")
        .await;
    assert_eq!(accepted.unwrap().shown, BEGINNING.plus(DAY_MS));
    house
        .until_order("no runner came", order, |order| order.is_terminal())
        .await;
    assert_eq!(house.runtime.readiness().clock, None);
    let acts = house.runtime.audit(None, 10).await.unwrap().acts;
    let told: Vec<_> = acts
        .iter()
        .map(|act| (act.name, act.reason.as_deref()))
        .collect();
    assert_eq!(told, [("accept_clock", Some("it is right"))]);
    let none = house.runtime.accept_clock(&operator(boss), "again").await;
    assert_eq!(none.unwrap_err().code(), "not_found");
    house.restart().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_jump_that_was_set_right_while_stopped_is_over() {
    let clock = MachineClock::showing(BEGINNING);
    let house = House::with(by(&clock)).await;
    clock.set(DAY_MS as i64);
    until_system(&house, "recorded", |event| {
        matches!(event, SystemEvent::ClockStepped { .. })
    })
    .await;
    let stopped = house.stop().await;
    clock.set(-(DAY_MS as i64));
    clock.pass(HOUR_MS);
    let house = stopped.start().await;
    assert_eq!(house.runtime.now(), BEGINNING.plus(HOUR_MS));
    clock.pass(2 * DAY_MS);
    let house = house.restart().await;
    assert_eq!(house.runtime.now(), clock.now(), "it is not held any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_clock_far_ahead_of_the_journal_is_refused_where_timers_would_fire() {
    let clock = MachineClock::showing(BEGINNING);
    let house = House::with(by(&clock)).await;
    let customer = house.customer("ada", "tok_visa").await;
    let stopped = house.stop().await;
    clock.pass(MONTH_MS);
    let house = stopped.start().await;
    let order = house.place(customer).await.id;
    let stopped = house.stop().await;
    clock.pass(7 * DAY_MS);
    let house = stopped.start().await;
    house
        .until_order("a stop of a week is one", order, |order| {
            order.is_terminal()
        })
        .await;
    house.place(customer).await;
    let stopped = house.stop().await;
    clock.pass(MONTH_MS);
    let (newest, shown) = refused(&stopped).await;
    assert_eq!((newest, shown), (clock.now().minus(MONTH_MS), clock.now()));
    accepted(stopped, newest).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b2_a_photo_of_a_clock_that_was_set_right_is_not_swept_before_its_time() {
    let (mut stopped, clock, customer, _) = a_month_ahead().await;
    stopped.settings.runtime = RuntimeConfig {
        photo_sweep_ms: 1,
        ..RuntimeConfig::default()
    };
    let newest = refused(&stopped).await.0;
    let house = accepted(stopped, newest).await;
    let photo = house.photo(customer, 1).await;
    let house = house.restart().await;
    for _ in 0..20 {
        clock.pass(MINUTE_MS);
        tokio::task::yield_now().await;
        assert!(house.runtime.photo(photo).await.unwrap().is_some());
    }
    let gone = async {
        while house.runtime.photo(photo).await.unwrap().is_some() {
            clock.pass(HOUR_MS);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b3_a_virtual_clock_goes_on_from_where_the_journal_ends() {
    let house = House::new().await;
    house.advance(DAY_MS);
    let customer = house.customer("ada", "tok_visa").await;
    let placed_at = house.place(customer).await.terms.placed_at;
    let mut stopped = house.stop().await;
    stopped.settings.clock = Arc::new(ManualClock::new(BEGINNING.plus(HOUR_MS)));
    let house = stopped.start().await;
    assert!(house.runtime.now() >= placed_at);
    assert_eq!(house.now(), house.runtime.now());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b4_the_quota_of_photos_goes_by_the_clock_that_is_advanced() {
    let house = House::new().await;
    let user = house.register("ada").await;
    for day in 0..3_u8 {
        for n in 0..20 {
            house.photo(user, day * 20 + n).await;
        }
        let more = house
            .runtime
            .store_photo(plain(user), picture(200 + day))
            .await;
        assert_eq!(more.unwrap_err().code(), "too_many_photos", "20 a day");
        house.advance(25 * HOUR_MS);
    }
}
