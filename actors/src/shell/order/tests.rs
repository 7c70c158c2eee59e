//! Cases that no caller of the façade can cause: records that must not be written, and panics in the middle of a
//! command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::execute::execute;
use crate::{
    common::{House, Settings},
    runtime::{Refusal, RuntimeConfig},
};
use campusg_domain::{
    id::{CommandId, Fingerprint, OrderId, Principal, Seq, UserId},
    money::Cents,
    order::{Command, EscrowStatus, Order},
    stream::{Envelope, Meta},
    vote::{Granted, VoteRequest},
};
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
    let (_, answer) = execute(house.runtime.services(), Some(broken), &accept).await;
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
    let (after, answer) =
        execute(house.runtime.services(), Some(Arc::clone(&placed)), &accept).await;
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

/// Regression: a repeat under the same token was refused, and released what the first request had reserved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_gives_back_nothing_that_somebody_else_holds_under_the_same_token() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let owners = &house.runtime.services().owners;
    let ask = |n| VoteRequest::Placement {
        customer,
        order: OrderId::from_bytes([n; 16]),
        fingerprint: Fingerprint(1),
        keyed: true,
        store: None,
        open_at: campusg_domain::time::At(0),
    };
    let (_, first) = owners.poll(CommandId(7), vec![ask(1)]).await;
    for _ in 0..2 {
        let (votes, repeat) = owners.poll(CommandId(7), vec![ask(2)]).await;
        assert_eq!(votes[0].1.as_ref().unwrap_err().code(), "still_running");
        drop(repeat);
        assert_eq!(owners.reservations().await, Some(1));
    }
    drop(first);
    assert!(given_back(&house).await);
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
