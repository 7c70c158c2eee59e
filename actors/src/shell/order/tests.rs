//! Cases that no caller of the façade can cause: records that must not be written, and panics in the middle of a
//! command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::execute::execute;
use crate::{
    common::{House, Settings, keyed, plain, wish},
    runtime::{OrderReply, Refusal, RuntimeConfig},
    shell::commit::Committed,
};
use campusg_domain::{
    id::{CommandId, Fingerprint, OrderId, Principal, Seq, Stream, UserId},
    keys::{KEPT_MS, MOST},
    money::Cents,
    order::{Command, EscrowStatus, Order},
    owner::directory::RunnerState,
    record::{Events, Record},
    rejection::Rejection,
    stream::{Envelope, Meta},
    vote::{Granted, VoteRequest},
};
use campusg_storage::journal::Batch;
use std::{sync::Arc, time::Duration};

fn envelope(who: UserId, order: OrderId, command: Command) -> Envelope<Command> {
    let meta = Meta {
        fingerprint: Fingerprint(1),
        ..Meta::own(Principal::User(who), CommandId(4711), "test")
    };
    Envelope {
        meta,
        target: order,
        command,
    }
}

async fn given_back(house: &House) -> bool {
    house.runtime.services().owners.reservations().await == Some(0)
}

async fn head(house: &House) -> Seq {
    house.actors().await.written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_the_ledger_refuses_is_never_written() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let stale = house.place(customer).await;
    let cancel = Command::Cancel {
        accept_charge: Cents(0),
    };
    house
        .give(Principal::User(customer), stale.id, cancel.clone())
        .await
        .unwrap();
    house
        .until_order("voided", stale.id, |order| !order.has_open_call())
        .await;
    let before = head(&house).await;
    // A stale order would void the hold a second time.
    let (after, answer) = execute(
        house.runtime.services(),
        Some(Arc::clone(&stale)),
        &envelope(customer, stale.id, cancel),
        &Committed::default(),
    )
    .await;
    assert_eq!(answer.unwrap_err(), Refusal::Fault);
    assert_eq!(after, Some(stale));
    assert_eq!(head(&house).await, before);
    assert!(given_back(&house).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_would_break_an_invariant_is_never_written_and_its_votes_are_given_back() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let placed = house.place(customer).await;
    house
        .until_order("through", placed.id, |order| order.version == 2)
        .await;
    let broken = Arc::new(Order {
        escrow: EscrowStatus::Failed,
        ..placed.as_ref().clone()
    });
    let before = head(&house).await;
    let accept = envelope(runner, placed.id, Command::Accept { runner });
    let (_, answer) = execute(
        house.runtime.services(),
        Some(broken),
        &accept,
        &Committed::default(),
    )
    .await;
    assert_eq!(answer.unwrap_err(), Refusal::Fault);
    assert_eq!(head(&house).await, before);
    assert!(given_back(&house).await, "the runner's slot");
}

/// Regression: a record that the journal refused kept its reservations for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reserved_for_a_record_that_the_journal_refuses_is_given_back() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let placed = house.place(customer).await;
    let kept = house.runtime.close_journal();
    let accept = envelope(runner, placed.id, Command::Accept { runner });
    let (after, answer) = execute(
        house.runtime.services(),
        Some(Arc::clone(&placed)),
        &accept,
        &Committed::default(),
    )
    .await;
    assert_eq!(answer.unwrap_err(), Refusal::Stopping);
    assert_eq!(after, Some(placed));
    assert!(given_back(&house).await);
    drop(kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reserved_by_a_task_that_panics_is_given_back() {
    let house = House::new().await;
    let runner = house.runner("rosa").await;
    let owners = house.runtime.services().owners.clone();
    let task = tokio::spawn(async move {
        let (votes, _held) = owners
            .poll(
                CommandId(7),
                vec![
                    VoteRequest::RunnerSlot { runner },
                    VoteRequest::Capacity { timers: 2 },
                ],
            )
            .await;
        assert!(votes.iter().all(|(_, vote)| *vote == Ok(Granted::Granted)));
        assert_eq!(owners.reservations().await, Some(2));
        panic!("a panic that was asked for");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(given_back(&house).await);
}

/// A command that its order's actor has committed, but not answered, is sent to the next one, which answers from the record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_without_a_key_that_was_committed_before_its_actor_ended_is_not_done_again() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let placed = house.place(customer).await;
    let before = house
        .until_order("through", placed.id, |order| order.version == 2)
        .await;
    let (services, committed) = (house.runtime.services(), Committed::default());
    let accept = envelope(runner, placed.id, Command::Accept { runner });
    let tried = |before| execute(services, before, &accept, &committed);
    let (after, first) = tried(Some(before)).await;
    let written = head(&house).await;
    for known in [after, None] {
        let (_, again) = tried(known).await;
        let again = again.unwrap();
        assert!(again.repeated);
        assert_eq!(again.order, first.as_ref().unwrap().order);
    }
    assert_eq!(head(&house).await, written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_10_000_keys_a_new_one_is_refused_until_the_oldest_is_over_and_a_known_one_is_answered()
{
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let place = async |key: &str| {
        let caller = keyed(customer, key, Fingerprint(1));
        house.runtime.place_order(caller, wish()).await
    };
    let first = place("first").await.unwrap();
    let others = (1..u64::from(MOST)).map(|n| {
        let meta = keyed(customer, &n.to_string(), Fingerprint(1));
        let (stream, events) = (Stream::User(customer), Events::User(vec![]));
        Record::of_owner(stream, Seq::NONE, house.now(), &meta, events)
    });
    let batch = Batch {
        first_seq: 1_000_000,
        records: others.collect(),
        head: [0; 32],
        written_ms: 0,
    };
    house.runtime.services().keys.fold(&batch);
    house.advance(KEPT_MS / 4);
    let full = Rejection::TooManyKeys {
        limit: MOST,
        in_ms: KEPT_MS / 4 * 3,
    };
    let refused = |answer: Result<OrderReply, Refusal>| match answer.unwrap_err() {
        Refusal::Rejected { rejection, .. } => rejection,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(place("next").await), full);
    let again = place("first").await.unwrap();
    assert_eq!((again.order.id, again.repeated), (first.order.id, true));
    let runner = RunnerState::default();
    let account = keyed(customer, "runner", Fingerprint(1));
    let account = house.runtime.set_runner(account, runner).await;
    assert_eq!(account.unwrap_err(), Refusal::rule(full), "in owners too");
    assert!(
        house
            .runtime
            .set_runner(plain(customer), runner)
            .await
            .is_ok()
    );
    assert!(given_back(&house).await);
    house.advance(KEPT_MS / 4 * 3);
    assert!(!place("next").await.unwrap().repeated);
}

/// Regression: an order whose load had failed answered every later command with that error, as long as commands kept
/// coming.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_can_not_be_loaded_says_why_and_is_loaded_anew_by_the_next_command() {
    let runtime = RuntimeConfig {
        idle_ms: 1,
        ..RuntimeConfig::default()
    };
    let house = House::with(Settings {
        runtime,
        ..Settings::default()
    })
    .await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    house.advance(1);
    house
        .until_actors("left memory", |actors| actors.orders == 0)
        .await;
    let kept = house.runtime.close_journal();
    let registry = house.runtime.orders_directly().registry();
    let before = registry.totals().started;
    for n in 1..=3 {
        let accept = Command::Accept { runner };
        let envelope = Envelope::own(Principal::User(runner), CommandId(n), order, accept);
        let answer = house.runtime.orders_directly().send(envelope).await;
        assert_eq!(answer.unwrap_err(), Refusal::Stopping);
        while registry.live_count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(registry.totals().started, before + n);
    }
    drop(kept);
}
