//! Idempotency keys: kept for 24 hours, whatever comes between, and over every kind of restart.

use crate::common::{House, keyed, operator, plain, wish};
use campusg_actors::runtime::{NewNotice, NewScheduled, NewStore, OrdersOf, Party, Refusal};
use campusg_domain::{
    call::{AccountToken, CardToken},
    id::{Fingerprint, OrderId, Principal, Stream, UserId},
    keys::KEPT_MS,
    money::Cents,
    order::Command,
    owner::directory::RunnerState,
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
    time::{HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use futures_util::future::join_all;
use std::{fs, path::Path};

/// More than any count that a key was ever kept by in an account or an inbox.
const MANY: usize = 70;

fn of_operator(boss: UserId, key: &str) -> Meta {
    Meta {
        principal: Principal::Operator(boss),
        ..keyed(boss, key, Fingerprint(1))
    }
}

async fn placed(house: &House, customer: UserId, key: &str) -> (OrderId, bool) {
    let caller = keyed(customer, key, Fingerprint(1));
    let reply = house.runtime.place_order(caller, wish()).await.unwrap();
    (reply.order.id, reply.repeated)
}

async fn cancelled(house: &House, customer: UserId, order: OrderId) {
    let accept_charge = Cents(0);
    house
        .give(
            Principal::User(customer),
            order,
            Command::Cancel { accept_charge },
        )
        .await
        .unwrap();
}

async fn place_and_cancel(house: &House, customer: UserId, keys: impl Iterator<Item = usize>) {
    for key in keys {
        let (order, _) = placed(house, customer, &key.to_string()).await;
        cancelled(house, customer, order).await;
    }
}

async fn orders_of(house: &House, user: UserId) -> usize {
    let mine = OrdersOf {
        user,
        party: Party::Customer,
        status: None,
        before: None,
        limit: 100,
    };
    house.runtime.orders_of(mine).await.unwrap().orders.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_the_key_of_a_placement_is_known_after_21_more_placements() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let (first, repeated) = placed(&house, customer, "first").await;
    assert!(!repeated);
    cancelled(&house, customer, first).await;
    place_and_cancel(&house, customer, 0..21).await;
    assert_eq!(placed(&house, customer, "first").await, (first, true));
    assert_eq!(orders_of(&house, customer).await, 22);
    let caller = keyed(customer, "first", Fingerprint(2));
    let other = house.runtime.place_order(caller, wish()).await;
    assert_eq!(other.unwrap_err(), Refusal::rule(Rejection::KeyReused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_the_first_of_600_commands_of_an_order_is_known() {
    let house = House::new().await;
    let (boss, customer) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let order = house.place(customer).await.id;
    let give = async |key: usize| {
        let reason = Sealed(vec![7; 24]);
        let command = if key.is_multiple_of(2) {
            Command::Hold { reason }
        } else {
            Command::Unhold { reason }
        };
        let caller = of_operator(boss, &key.to_string());
        let given = house.runtime.order_command(caller, order, command).await;
        given.unwrap()
    };
    let first = give(0).await;
    for key in 1..600 {
        assert!(!give(key).await.repeated);
    }
    let records = house.records(Stream::Order(order)).await.len();
    let again = give(0).await;
    assert!(again.repeated);
    assert_eq!(*again.order, *first.order);
    assert_eq!(house.records(Stream::Order(order)).await.len(), records);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_keys_of_accounts_wallets_stores_notices_and_events_are_known_after_many_more() {
    let house = House::new().await;
    let (boss, user) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let order = house.place(user).await.id;
    let first = once_of_each(&house, (boss, user), order, "first").await;
    for n in 0..MANY {
        let runner = RunnerState {
            active: n % 2 == 0,
            online: false,
        };
        house.runtime.set_runner(plain(user), runner).await.unwrap();
        let notice = notice(user);
        house
            .runtime
            .send_notice(operator(boss), notice)
            .await
            .unwrap();
    }
    let written = house.actors().await.written;
    let again = once_of_each(&house, (boss, user), order, "first").await;
    assert_eq!(first, again);
    assert_eq!(house.actors().await.written, written);
    let house = house.restart().await;
    let written = house.actors().await.written;
    let again = once_of_each(&house, (boss, user), order, "first").await;
    assert_eq!(first, again, "after a restart");
    assert_eq!(house.actors().await.written, written);
}

fn notice(user: UserId) -> NewNotice {
    NewNotice {
        user,
        title: "Hi".into(),
        message: "there".into(),
        order: None,
        data: None,
    }
}

/// Gives one keyed command of each kind of owner; returns what was answered.
async fn once_of_each(
    house: &House,
    (boss, user): (UserId, UserId),
    order: OrderId,
    key: &str,
) -> Vec<String> {
    let runtime = &house.runtime;
    let mine = |what: &str| keyed(user, &format!("{what} {key}"), Fingerprint(1));
    let theirs = |what: &str| of_operator(boss, &format!("{what} {key}"));
    let card = runtime.set_card(mine("card"), CardToken("tok_slow".into()));
    let bank = runtime.set_payout_method(mine("bank"), AccountToken("acct_bank".into()));
    let store = NewStore {
        name: "Bakery".into(),
        place: "Library".into(),
        hours: None,
        paused: false,
    };
    let event = NewScheduled {
        kind: TimerKind::OrderTimeout,
        order,
        due: house.now().plus(900 * HOUR_MS),
        payload: "{}".into(),
    };
    vec![
        format!("{:?}", card.await.unwrap()),
        format!("{:?}", bank.await.unwrap()),
        format!("{:?}", runtime.create_store(theirs("store"), store).await),
        format!(
            "{:?}",
            runtime.send_notice(theirs("notice"), notice(user)).await
        ),
        format!("{:?}", runtime.schedule(theirs("event"), event).await),
    ]
}

/// A copy of what is on the disk, as a kill would leave it.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copied(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_keys_survive_a_restart_a_kill_and_the_loss_of_every_snapshot() {
    let mut house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let (first, _) = placed(&house, customer, "first").await;
    cancelled(&house, customer, first).await;
    place_and_cancel(&house, customer, 0..21).await;
    for snapshots in ["kept", "removed", "of a kill"] {
        let data = house.dir.path().join("data");
        let aside = house.dir.path().join("aside");
        if snapshots == "of a kill" {
            copied(&data, &aside);
        }
        let stopped = house.stop().await;
        if snapshots == "removed" {
            for store in ["hot", "archive"] {
                fs::remove_dir_all(data.join(store)).unwrap();
            }
            fs::remove_file(data.join("TRUST")).unwrap();
        }
        if snapshots == "of a kill" {
            fs::remove_dir_all(&data).unwrap();
            fs::rename(&aside, &data).unwrap();
        }
        house = stopped.start().await;
        let again = placed(&house, customer, "first").await;
        assert_eq!(again, (first, true), "snapshots {snapshots}");
        assert_eq!(orders_of(&house, customer).await, 22);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_a_key_is_known_after_23_hours_59_and_new_after_24_hours_1_over_restarts_too() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let boss = house.operator().await;
    let (first, _) = placed(&house, customer, "first").await;
    cancelled(&house, customer, first).await;
    let store = || NewStore {
        name: "Bakery".into(),
        place: "Library".into(),
        hours: None,
        paused: false,
    };
    let key = || of_operator(boss, "store");
    let bakery = house.runtime.create_store(key(), store()).await.unwrap();
    // Time counts up to the last record before a stop, and from the first one after it: what lies between may be a jump.
    house.advance(KEPT_MS - MINUTE_MS);
    house.register("ben").await;
    assert_eq!(placed(&house, customer, "first").await, (first, true));
    let house = house.restart().await;
    house.register("cem").await;
    assert_eq!(placed(&house, customer, "first").await, (first, true));
    let again = house.runtime.create_store(key(), store()).await;
    assert_eq!(again, Ok(bakery));
    house.advance(2 * MINUTE_MS);
    house.register("dan").await;
    let house = house.restart().await;
    let (second, repeated) = placed(&house, customer, "first").await;
    assert!(second != first && !repeated);
    assert_eq!(placed(&house, customer, "first").await, (second, true));
    let another = house.runtime.create_store(key(), store()).await.unwrap();
    assert_ne!(another, bakery, "the old store is not changed by a new key");
    house
        .until_actors("nothing reserved", |actors| actors.reservations == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_copies_at_once_one_is_carried_out_wherever_they_meet() {
    let house = House::new().await;
    let (boss, user) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let order = house.place(user).await.id;
    let hold = || Command::Hold {
        reason: Sealed(vec![7; 24]),
    };
    let held = join_all((0..20).map(|_| {
        let caller = of_operator(boss, "hold");
        house.runtime.order_command(caller, order, hold())
    }))
    .await;
    let executed = held.iter().flatten().filter(|reply| !reply.repeated);
    assert_eq!((held.iter().flatten().count(), executed.count()), (20, 1));
    let both = || once_of_each(&house, (boss, user), order, "both");
    let answers = join_all([both(), both(), both()]).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
