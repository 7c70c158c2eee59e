//! An order in memory and out of it: idle, archived, across a stop and in the middle of one.

use crate::common::{House, PATIENCE, Settings, plain, wish};
use campusg_actors::runtime::{Refusal, RuntimeConfig};
use campusg_domain::{
    id::{OrderId, Principal, Stream},
    order::{Command, Stage, Status},
};
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_order_leaves_memory_and_is_loaded_by_its_next_command() {
    let runtime = RuntimeConfig {
        idle_ms: 20,
        idle_ended_ms: 20,
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
    let first = house
        .give_keyed(runner, order, Command::Accept { runner }, "k")
        .await
        .unwrap();
    for key in ["one", "two"] {
        house.advance(20);
        house
            .until_actors("left memory", |actors| actors.orders == 0)
            .await;
        let again = house
            .give_keyed(runner, order, Command::Accept { runner }, "k")
            .await
            .unwrap();
        assert!(
            again.repeated,
            "{key}: what it was told before it left, it knows"
        );
        assert_eq!(*again.order, *first.order);
    }
    house.advance(20);
    house
        .until_actors("left memory", |actors| actors.orders == 0)
        .await;
    let done = house
        .give(Principal::User(runner), order, Command::ArriveOnSite)
        .await
        .unwrap();
    assert_eq!(done.status(), Status::OnSite);
    assert_eq!(house.records(Stream::Order(order)).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_ended_is_loaded_from_the_archive_and_still_knows_its_commands() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    house.carry_out(runner, order).await;
    house
        .until_order("charged", order, |order| !order.has_open_call())
        .await;
    let rate = Command::Rate { stars: 5 };
    let first = house
        .give_keyed(customer, order, rate.clone(), "k")
        .await
        .unwrap();
    let house = house.restart().await;
    assert_eq!(*house.order(order).await, *first.order);
    let again = house.give_keyed(customer, order, rate, "k").await.unwrap();
    assert!(again.repeated);
    assert_eq!(*again.order, *first.order);
    house
        .give(Principal::User(runner), order, Command::Rate { stars: 4 })
        .await
        .unwrap();
    assert!(house.order(order).await.ratings.published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_and_starts_after_a_stop() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    let last = house
        .give(Principal::User(runner), order, Command::Accept { runner })
        .await
        .unwrap();
    house.runtime.stop().await.unwrap();
    let place = house
        .runtime
        .place_order(plain(customer), wish())
        .await
        .unwrap_err();
    assert_eq!(place, Refusal::Stopping);
    assert_eq!(
        house
            .give(Principal::User(runner), order, Command::ArriveOnSite)
            .await
            .unwrap_err(),
        Refusal::Stopping
    );
    assert_eq!(
        house.try_register("late", false).await.unwrap_err(),
        Refusal::Stopping
    );
    house.runtime.stop().await.unwrap();
    let house = house.restart().await;
    assert_eq!(*house.order(order).await, *last);
    house
        .give(Principal::User(runner), order, Command::ArriveOnSite)
        .await
        .unwrap();
    assert_eq!(house.fatal.borrow().clone(), None);
}

/// Every caller has an answer, and what was answered with yes is there after the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_work_loses_nothing_it_said_yes_to() {
    let mut settings = Settings::default();
    settings.policy.open_orders_per_customer = 1_000;
    let mut house = House::with(settings).await;
    let customer = house.customer("ada", "tok_visa").await;
    for _ in 0..3 {
        let runtime = house.runtime.clone();
        let placing =
            join_all((0..100).map(|_| house.runtime.place_order(plain(customer), wish())));
        let stopping = async {
            house
                .tap()
                .until("some are placed", |entries| {
                    (entries.len() > 20).then_some(())
                })
                .await;
            runtime.stop().await.unwrap();
        };
        let (answers, ()) =
            tokio::time::timeout(PATIENCE, futures_util::future::join(placing, stopping))
                .await
                .unwrap();
        let placed: Vec<OrderId> = answers
            .iter()
            .flatten()
            .map(|reply| reply.order.id)
            .collect();
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(
                matches!(refused, Refusal::Stopping | Refusal::Unknown),
                "{refused}"
            );
        }
        drop(runtime);
        drop(answers);
        house = house.restart().await;
        for order in placed {
            house
                .until_order("on the board", order, |order| {
                    matches!(order.stage, Stage::Available { .. })
                })
                .await;
        }
        house
            .until_actors("nothing held back", |actors| actors.reservations == 0)
            .await;
    }
}
