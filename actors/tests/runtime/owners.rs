//! Directory, notification, and the desks all owners work at: one at a time per stream, keys, time, failed deliveries.

use crate::common::{BEGINNING, House, Settings, keyed, operator, plain};
use campusg_actors::{
    port::clock::{Clock, ManualClock},
    runtime::{NewNotice, NewScheduled, NewStore, NoticeText, Refusal},
};
use campusg_domain::{
    call::CardToken,
    id::{Fingerprint, Principal, Stream, UserId},
    order::Command,
    owner::directory::RunnerState,
    rejection::Rejection,
    stream::Meta,
    time::{At, HOUR_MS, SECOND_MS},
    timer::TimerKind,
};
use futures_util::future::{BoxFuture, join_all};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

fn boss_with_key(boss: UserId, key: &str, body: u64) -> Meta {
    Meta {
        principal: Principal::Operator(boss),
        ..keyed(boss, key, Fingerprint(body))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_registrations_with_one_address_at_once_one_wins() {
    let house = House::new().await;
    let answers = join_all((0..6).map(|_| house.try_register("twin", false))).await;
    assert_eq!(answers.iter().flatten().count(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(*refused, Refusal::rule(Rejection::EmailTaken));
    }
    let actors = house.actors().await;
    assert_eq!(
        (actors.reservations, actors.written.0),
        (0, 2),
        "the boot and one person"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_to_one_account_are_written_one_after_another_in_one_chain() {
    let house = House::new().await;
    let user = house.register("rosa").await;
    let toggles = (0..100).map(|n| {
        let runner = RunnerState {
            active: true,
            online: n % 2 == 0,
        };
        house.runtime.set_runner(plain(user), runner)
    });
    let answers = join_all(toggles).await;
    let sent_away = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(
        sent_away
            .clone()
            .all(|refusal| matches!(refusal, Refusal::Busy { .. })),
        "{answers:?}"
    );
    house
        .until_actors("all is told", |actors| actors.written == actors.folded)
        .await;
    let last = house.actors().await.written;
    house
        .tap()
        .until("tapped", |entries| {
            entries
                .last()
                .is_some_and(|entry| entry.seq == last)
                .then_some(())
        })
        .await;
    let records = house.records(Stream::User(user)).await;
    for pair in records.windows(2) {
        assert_eq!(pair[1].record.prev, pair[0].seq);
        assert_ne!(
            pair[1].record.events, pair[0].record.events,
            "each was decided on what the one before left"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_holds_for_accounts_stores_notices_and_schedules() {
    let house = House::new().await;
    let (boss, user) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let order = house.place(user).await.id;

    let card = || {
        house.runtime.set_card(
            keyed(user, "card", Fingerprint(1)),
            CardToken("tok_slow".into()),
        )
    };
    let cards = join_all([card(), card()]).await;
    assert!(cards.iter().all(Result::is_ok), "{cards:?}");
    assert_eq!(house.records(Stream::User(user)).await.len(), 3);
    let other = house
        .runtime
        .set_card(
            keyed(user, "card", Fingerprint(2)),
            CardToken("tok_visa".into()),
        )
        .await;
    assert_eq!(other.unwrap_err(), Refusal::rule(Rejection::KeyReused));

    let store = || NewStore {
        name: "Bakery".into(),
        place: "Library".into(),
        hours: None,
        paused: false,
    };
    let create = |body| {
        house
            .runtime
            .create_store(boss_with_key(boss, "store", body), store())
    };
    let stores = join_all([create(1), create(1), create(1)]).await;
    let ids: BTreeSet<_> = stores.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids.len(), 1, "one store");
    assert_eq!(
        create(2).await.unwrap_err(),
        Refusal::rule(Rejection::KeyReused)
    );

    let notice = || NewNotice {
        user,
        title: "Hi".into(),
        message: "there".into(),
        order: None,
        data: None,
    };
    let send = |body| {
        house
            .runtime
            .send_notice(boss_with_key(boss, "notice", body), notice())
    };
    let sent = join_all([send(1), send(1)]).await;
    assert_eq!(sent[0].as_ref().unwrap(), sent[1].as_ref().unwrap());
    assert_eq!(
        send(2).await.unwrap_err(),
        Refusal::rule(Rejection::KeyReused)
    );

    let event = || NewScheduled {
        kind: TimerKind::OrderTimeout,
        order,
        due: BEGINNING.plus(HOUR_MS),
        payload: "{}".into(),
    };
    let schedule = |body| {
        house
            .runtime
            .schedule(boss_with_key(boss, "event", body), event())
    };
    let events = join_all([schedule(1), schedule(1)]).await;
    assert_eq!(events[0].as_ref().unwrap(), events[1].as_ref().unwrap());

    let house = house.restart().await;
    let again = house
        .runtime
        .create_store(boss_with_key(boss, "store", 1), store())
        .await
        .unwrap();
    assert!(ids.contains(&again), "also after a start");
    assert_eq!(house.runtime.stores().len(), 1);
    let again = house
        .runtime
        .schedule(boss_with_key(boss, "event", 1), event())
        .await
        .unwrap();
    assert_eq!(&again, events[0].as_ref().unwrap());
    let again = house
        .runtime
        .send_notice(boss_with_key(boss, "notice", 1), notice())
        .await
        .unwrap();
    assert_eq!(&again, sent[0].as_ref().unwrap());
    let house = house.restart().await;
    let inbox = house.runtime.inbox(user, None, 100).await.unwrap();
    let direct = inbox
        .notices
        .iter()
        .filter(|notice| matches!(notice.text, NoticeText::Direct { .. }));
    assert_eq!(direct.count(), 1);
}

/// A clock that is set.
#[derive(Debug)]
struct SetClock(AtomicU64, ManualClock);

impl Clock for SetClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }

    fn is_virtual(&self) -> bool {
        false
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        self.1.until(due)
    }

    fn advance(&self, _: u64) -> Option<At> {
        None
    }
}

/// The owners took the time from whoever asked; a clock that was set back turned a stream's time back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_within_a_stream_never_goes_back_though_the_clock_does() {
    let clock = Arc::new(SetClock(
        AtomicU64::new(BEGINNING.0),
        ManualClock::new(BEGINNING),
    ));
    let mut house = House::with(Settings {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Settings::default()
    })
    .await;
    let (boss, user) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let mut last: BTreeMap<Stream, At> = BTreeMap::new();
    for round in 0..3 {
        clock
            .0
            .fetch_sub(u64::from(round > 0) * 20 * SECOND_MS, Ordering::SeqCst);
        let order = house.place(user).await.id;
        house
            .give(
                Principal::User(user),
                order,
                Command::Cancel {
                    accept_charge: Default::default(),
                },
            )
            .await
            .unwrap();
        let notice = NewNotice {
            user,
            title: "Hi".into(),
            message: "there".into(),
            order: None,
            data: None,
        };
        house
            .runtime
            .send_notice(operator(boss), notice)
            .await
            .unwrap();
        house
            .runtime
            .set_runner(
                plain(user),
                RunnerState {
                    active: true,
                    online: round % 2 == 0,
                },
            )
            .await
            .unwrap();
        house
            .until_actors("done", |actors| actors.open_calls == 0)
            .await;
        for entry in house.all_records().await {
            let before = last
                .insert(entry.record.stream, entry.record.at)
                .unwrap_or(At(0));
            assert!(
                before <= entry.record.at,
                "{} went back",
                entry.record.stream
            );
        }
        house = house.restart().await;
    }
}
