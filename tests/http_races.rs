//! Two runners race for one order, over keep-alive connections, a thousand times: exactly one wins, the other is told
//! who was faster, and nothing else happens.
//!
//! `CAMPUSG_ROUNDS` sets the number of rounds (1,000 if not set).

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Person, Price, Reply, Wish, operation};
use common::raw::AsWritten as _;
use common::{Options, Server, operator, proven};
use std::collections::BTreeSet;

/// How many orders are placed at once.
const AT_ONCE: usize = 16;

fn rounds() -> usize {
    let set = std::env::var("CAMPUSG_ROUNDS").ok();
    set.map_or(1_000, |rounds| {
        rounds.parse().expect("CAMPUSG_ROUNDS is a number")
    })
}

fn racing_server() -> Server {
    let mut options = Options::default();
    for key in [
        "policy.open_orders_per_customer=10000",
        "policy.orders_per_runner=10000",
        "policy.binds_per_runner=10000",
        "server.requests_per_second=0",
        "log.filter=error",
    ] {
        options.set.push(key.into());
    }
    Server::start(options)
}

/// Every order of a person in this status, by id.
async fn orders(person: &Person, side: &str, status: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let first = format!("/api/orders?as={side}&status={status}&limit=100");
    let mut path = first.clone();
    loop {
        let page = person.get(&path).await.unwrap().is(200).unwrap();
        for order in page.list("/items").unwrap() {
            assert!(
                found.insert(order.text("/id").unwrap().to_owned()),
                "listed twice: {order:?}"
            );
        }
        let Ok(next) = page.text("/next_cursor") else {
            return found;
        };
        path = format!("{first}&cursor={next}");
    }
}

#[tokio::test]
async fn a2_an_acceptance_is_answered_again_whatever_has_become_of_its_runner() {
    let server = Server::start(Options::default());
    let scene = server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa")
        .await
        .unwrap();
    let ben = Person::runner(&scene.client, "Ben").await.unwrap();
    let order = place(&ann, 1).await.remove(0);
    let accept = |key: &str| operation::order::accept(&order).with_key(key);
    ben.send(accept("one")).await.unwrap().is(200).unwrap();
    let off_duty = operation::account::set_runner(false, false);
    ben.send(off_duty).await.unwrap().is(200).unwrap();
    ben.send(accept("one")).await.unwrap().is(200).unwrap();
    let other = ben.send(accept("two")).await.unwrap();
    other.refuses(403, "not_a_runner").unwrap();
}

#[tokio::test]
async fn two_runners_race_for_every_order_and_each_has_one_winner() {
    let (server, rounds) = (racing_server(), rounds());
    let scene = server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa")
        .await
        .unwrap();
    let ben = Person::runner(&scene.client, "Ben").await.unwrap();
    let cem = Person::runner(&scene.client, "Cem").await.unwrap();
    let (mut won_by_ben, mut won_by_cem) = (BTreeSet::new(), BTreeSet::new());
    let mut placed = vec![];
    while placed.len() < rounds {
        placed.extend(place(&ann, AT_ONCE.min(rounds - placed.len())).await);
    }
    for (round, order) in placed.iter().enumerate() {
        let (ben_first, of_ben, of_cem) = (round % 2 == 0, ben.accept(order), cem.accept(order));
        let (of_ben, of_cem) = if ben_first {
            tokio::join!(of_ben, of_cem)
        } else {
            let (of_cem, of_ben) = tokio::join!(of_cem, of_ben);
            (of_ben, of_cem)
        };
        let (of_ben, of_cem) = (of_ben.unwrap(), of_cem.unwrap());
        let ben_won = of_ben.status == 200;
        lost(order, if ben_won { of_cem } else { of_ben });
        let winners = if ben_won {
            &mut won_by_ben
        } else {
            &mut won_by_cem
        };
        winners.insert(order.clone());
    }
    assert_eq!(won_by_ben.len() + won_by_cem.len(), rounds);
    assert_eq!(
        orders(&ben, "runner", "accepted").await,
        won_by_ben,
        "bound to Ben"
    );
    assert_eq!(
        orders(&cem, "runner", "accepted").await,
        won_by_cem,
        "bound to Cem"
    );
    assert_eq!(orders(&ann, "customer", "accepted").await.len(), rounds);
    assert_eq!(orders(&ann, "customer", "pending").await.len(), 0);
    held_for(&scene, rounds, &ann).await;
}

/// Places so many orders at once; answers their ids.
async fn place(customer: &Person, orders: usize) -> Vec<String> {
    let wish = Wish::lunch();
    let placing = (0..orders).map(|_| customer.place_available(&wish));
    let placed = futures_util::future::join_all(placing).await;
    placed.into_iter().map(|order| order.unwrap().0).collect()
}

/// The loser of a race is told so, and nothing of where the order stands.
fn lost(order: &str, reply: Reply) {
    let told = reply.refuses(409, "taken_by_another_runner").unwrap();
    assert_eq!(told.text("/order_id").unwrap(), order);
    assert!(!told.has("/order_status"));
}

/// The ledger holds each order once, and nothing else.
async fn held_for(scene: &campusg_robots::walkthrough::Scene, rounds: usize, customer: &Person) {
    proven(scene).await;
    let price: Price = customer.quote(&Wish::lunch()).await.unwrap();
    let proof = scene
        .client
        .send(&ApiRequest::get("/api/ledger/proof"))
        .await
        .unwrap()
        .is(200)
        .unwrap();
    let rounds = i64::try_from(rounds).unwrap();
    assert_eq!(proof.number("/open_escrows").unwrap(), rounds);
    assert_eq!(proof.number("/held_cents").unwrap(), rounds * price.hold);
    assert_eq!(
        operator(scene).balance("gateway").await.unwrap(),
        0,
        "nothing was charged"
    );
}

#[tokio::test]
async fn many_runners_race_for_one_order_and_give_it_back_again_and_again() {
    const RUNNERS: usize = 6;
    let server = racing_server();
    let scene = server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa")
        .await
        .unwrap();
    let (order, _) = ann.place_available(&Wish::lunch()).await.unwrap();
    let mut runners = vec![];
    for _ in 0..RUNNERS {
        runners.push(Person::runner(&scene.client, "Ben").await.unwrap());
    }
    let bouts = 50.min(rounds());
    for _ in 0..bouts {
        let replies =
            futures_util::future::join_all(runners.iter().map(|runner| runner.accept(&order)))
                .await;
        let replies: Vec<Reply> = replies.into_iter().map(Result::unwrap).collect();
        let winners: Vec<usize> = (0..RUNNERS)
            .filter(|runner| replies[*runner].status == 200)
            .collect();
        assert_eq!(
            winners.len(),
            1,
            "{:?}",
            replies.iter().map(Reply::summary).collect::<Vec<_>>()
        );
        for (_, reply) in replies
            .into_iter()
            .enumerate()
            .filter(|(runner, _)| *runner != winners[0])
        {
            assert_eq!(
                (reply.status, reply.code()),
                (409, "taken_by_another_runner")
            );
        }
        runners[winners[0]]
            .give_back(&order)
            .await
            .unwrap()
            .is(200)
            .unwrap();
    }
    let inside = operator(&scene).order_raw(&order).await.unwrap();
    assert_eq!(
        inside.number("/runner_epoch").unwrap(),
        i64::try_from(2 * bouts).unwrap(),
        "one up for each bond, one for its end"
    );
    assert_eq!(inside.text("/placement").unwrap(), "available");
    let mut given_back = 0;
    for runner in &runners {
        given_back += runner.profile().await.unwrap().runner_cancellations;
    }
    assert_eq!(given_back, i64::try_from(bouts).unwrap());
}
