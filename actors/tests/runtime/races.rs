//! Two runners at one order: one winner per epoch, and the loser's failure changes nothing.

use crate::common::{House, Settings};
use campusg_domain::{
    id::{OrderId, Principal, Stream, UserId},
    money::Cents,
    order::{Command, Event, RunEvent, Stage},
    record::Events,
    rejection::Rejection,
};
use futures_util::future::join;
use std::collections::BTreeMap;

/// Rounds of the race.
const ROUNDS: usize = 1_000;

async fn slots(house: &House, user: UserId) -> u32 {
    house
        .runtime
        .profile(user)
        .await
        .unwrap()
        .unwrap()
        .person
        .slots
}

/// Who was bound in which epoch, as the records say.
async fn bound(house: &House, order: OrderId) -> BTreeMap<u32, Vec<UserId>> {
    let mut bound: BTreeMap<u32, Vec<UserId>> = BTreeMap::new();
    for entry in house.records(Stream::Order(order)).await {
        let Events::Order(events) = &entry.record.events else {
            continue;
        };
        for event in events {
            if let Event::Run(RunEvent::Accepted { runner, epoch }) = event {
                bound.entry(*epoch).or_default().push(*runner);
            }
        }
    }
    bound
}

/// One race; whoever wins gives the order back. The winner, and how often the order was bound so far.
async fn race(house: &House, order: OrderId, rivals: [UserId; 2]) -> UserId {
    let [first, second] = rivals;
    let accept = |runner| house.give(Principal::User(runner), order, Command::Accept { runner });
    let answers = join(accept(first), accept(second)).await;
    let (winner, loser, refused) = match answers {
        (Ok(_), Err(refused)) => (first, second, refused),
        (Err(refused), Ok(_)) => (second, first, refused),
        other => panic!("not exactly one winner: {other:?}"),
    };
    assert_eq!(refused.code(), Rejection::TakenByAnotherRunner.code());
    let now = house.order(order).await;
    assert!(
        matches!(now.stage, Stage::Accepted(assignment) if assignment.runner == winner),
        "{:?}",
        now.stage
    );
    assert_eq!(
        (slots(house, winner).await, slots(house, loser).await),
        (1, 0)
    );
    winner
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_races_have_one_winner_each_also_when_the_order_comes_back() {
    let house = House::with(Settings::default()).await;
    let customer = house.customer("ada", "tok_visa").await;
    let rivals = [house.runner("rosa").await, house.runner("sam").await];
    let (mut rounds, mut orders) = (0, 0);
    while rounds < ROUNDS {
        let order = house.place(customer).await.id;
        let held = house.order(order).await.terms.price.hold();
        // Accepted, given back, accepted again, by whomever: ABA. Nobody is bound to one order more than three times.
        let laps = 1 + orders % 2;
        orders += 1;
        for _ in 0..laps {
            let winner = race(&house, order, rivals).await;
            house
                .give(Principal::User(winner), order, Command::CancelAcceptance)
                .await
                .unwrap();
            assert_eq!(slots(&house, winner).await, 0);
        }
        let winner = race(&house, order, rivals).await;
        let last = house.order(order).await;
        assert_eq!(held, Cents(2899));
        assert_eq!(last.epoch as usize, 2 * laps + 1);
        assert!(
            bound(&house, order)
                .await
                .values()
                .all(|runners| runners.len() == 1),
            "{:?}",
            bound(&house, order).await
        );
        assert_eq!(bound(&house, order).await.len(), laps + 1);
        house
            .give(
                Principal::User(customer),
                order,
                Command::Cancel {
                    accept_charge: Cents(0),
                },
            )
            .await
            .unwrap();
        assert_eq!(slots(&house, winner).await, 0);
        rounds += laps + 1;
    }
    house
        .until_actors("nothing held back", |actors| {
            actors.reservations == 0 && actors.open_calls == 0
        })
        .await;
    let proof = house.runtime.proof().await.unwrap();
    assert_eq!(
        (proof.totals.posted, proof.totals.pending, proof.totals.held),
        Default::default()
    );
    let person = house
        .runtime
        .profile(customer)
        .await
        .unwrap()
        .unwrap()
        .person
        .clone();
    assert_eq!(person.open_orders, 0);
}
