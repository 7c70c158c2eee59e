//! One order and its owners: known ids, refusals, reservations, leaving memory and coming back.

use crate::common::{House, keyed, plain, wish};
use campusg_actors::runtime::Refusal;
use campusg_domain::{
    id::{Fingerprint, OrderId, Principal, Seq, Stream},
    money::Cents,
    order::{Command, Shown, Stage, Status},
    record::Events,
    rejection::Rejection,
};
use futures_util::future::join_all;

fn rejection(refusal: &Refusal) -> &Rejection {
    match refusal {
        Refusal::Rejected { rejection, .. } => rejection,
        other => panic!("not a rule's no: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_its_whole_way_in_nine_records() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await;
    assert!(
        matches!(order.stage, Stage::Available { .. }),
        "placing answers when it is on the board: {:?}",
        order.stage
    );
    let done = house.carry_out(runner, order.id).await;
    assert_eq!(done.status(), Status::Completed);
    house
        .until_order("charged", order.id, |order| !order.has_open_call())
        .await;
    let records = house.records(Stream::Order(order.id)).await;
    assert_eq!(records.len(), 9, "{records:#?}");
    assert!(
        records
            .iter()
            .all(|entry| matches!(entry.record.events, Events::Order(_)))
    );
    house
        .until_actors("nothing held back", |actors| actors.reservations == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_id_is_answered_as_the_first_time_and_another_body_under_it_is_refused() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    let accept = Command::Accept { runner };
    let first = house
        .give_keyed(runner, order, accept.clone(), "k")
        .await
        .unwrap();
    assert!(!first.repeated);
    house
        .give(Principal::User(runner), order, Command::ArriveOnSite)
        .await
        .unwrap();
    let again = house.give_keyed(runner, order, accept, "k").await.unwrap();
    assert!(again.repeated);
    assert_eq!(
        *again.order, *first.order,
        "the answer is the order as of the command, not as of now"
    );
    let other = house
        .give_keyed(runner, order, Command::CancelAcceptance, "k")
        .await
        .unwrap_err();
    assert_eq!(rejection(&other), &Rejection::KeyReused);
    assert_eq!(house.records(Stream::Order(order)).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_pin_is_remembered_and_its_repeat_costs_no_further_try() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    let me = Principal::User(runner);
    let buy = Command::Purchase {
        total: Cents(2150),
        photo: None,
    };
    for step in [
        Command::Accept { runner },
        Command::ArriveOnSite,
        buy,
        Command::Collect,
        Command::Depart,
    ] {
        house.give(me, order, step).await.unwrap();
    }
    let wrong = Command::Deliver {
        shown: Shown::Pin((house.pin(order).await + 1) % 10_000),
    };
    for _ in 0..3 {
        let refused = house
            .give_keyed(runner, order, wrong.clone(), "k")
            .await
            .unwrap_err();
        assert_eq!(rejection(&refused), &Rejection::WrongPin { left: 4 });
    }
    let fresh = house.give(me, order, wrong).await.unwrap_err();
    assert_eq!(rejection(&fresh), &Rejection::WrongPin { left: 3 });
    assert_eq!(house.order(order).await.wrong_pins, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_command_leaves_no_record_and_holds_nothing_back() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let broke = house.register("ben").await;
    let order = house.place(customer).await.id;
    let before = house
        .until_actors("settled", |actors| actors.written == Seq(8))
        .await
        .written;
    // The votes say yes; what comes after them says no.
    let own = house
        .give(
            Principal::User(customer),
            order,
            Command::Accept { runner: customer },
        )
        .await
        .unwrap_err();
    assert_eq!(own.code(), "own_order");
    let early = house
        .give(Principal::User(runner), order, Command::Collect)
        .await
        .unwrap_err();
    assert_eq!(early.code(), "not_found");
    let cardless = house
        .runtime
        .place_order(plain(broke), wish())
        .await
        .unwrap_err();
    assert_eq!(cardless.code(), "no_payment_method");
    let mut costly = wish();
    costly.tip = Cents(1_000_000);
    let refused = house
        .runtime
        .place_order(plain(customer), costly)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "invalid_field");
    let after = house.actors().await;
    assert_eq!((after.reservations, after.written), (0, before));
    let nobody = house
        .give(
            Principal::User(runner),
            OrderId::from_bytes([9; 16]),
            Command::Collect,
        )
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), "not_found");
}

/// A repeat that met the first placement still running gave back what that one held, and the third was placed too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_placement_repeated_while_it_runs_is_placed_once() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    for round in 0..50 {
        let key = format!("k{round}");
        let place = || {
            house
                .runtime
                .place_order(keyed(customer, &key, Fingerprint(1)), wish())
        };
        let answers = join_all((0..8).map(|_| place())).await;
        let placed: Vec<OrderId> = answers
            .iter()
            .flatten()
            .map(|reply| reply.order.id)
            .collect();
        assert!(
            placed.windows(2).all(|pair| pair[0] == pair[1]),
            "one key, several orders: {placed:?}"
        );
        let refused: Vec<&Refusal> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .collect();
        assert!(
            refused
                .iter()
                .all(|refusal| *rejection(refusal) == Rejection::StillRunning),
            "{refused:?}"
        );
        let order = placed[0];
        let again = place().await.unwrap();
        assert!(again.repeated && again.order.id == order);
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
    }
    let other = house
        .runtime
        .place_order(keyed(customer, "k49", Fingerprint(2)), wish())
        .await
        .unwrap_err();
    assert_eq!(rejection(&other), &Rejection::KeyReused);
    house
        .until_actors("nothing held back", |actors| actors.reservations == 0)
        .await;
}

/// What was durable but not folded by the snapshots was looked up as if it had not been.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_serves_one_order_however_soon_the_next_one_comes() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let me = Principal::User(runner);
    for n in 0..40 {
        let photo = house.photo(runner, n).await;
        let orders = [
            house.place(customer).await.id,
            house.place(customer).await.id,
        ];
        for order in orders {
            house
                .give(me, order, Command::Accept { runner })
                .await
                .unwrap();
            house.give(me, order, Command::ArriveOnSite).await.unwrap();
        }
        let buy = || Command::Purchase {
            total: Cents(2150),
            photo: Some(photo),
        };
        house.give(me, orders[0], buy()).await.unwrap();
        let second = house.give(me, orders[1], buy()).await.unwrap_err();
        assert_eq!(rejection(&second), &Rejection::PhotoUsed);
        let cancel = |charge| Command::Cancel {
            accept_charge: Cents(charge),
        };
        house
            .give(Principal::User(customer), orders[0], cancel(10_000))
            .await
            .unwrap();
        house
            .give(me, orders[1], Command::CancelAcceptance)
            .await
            .unwrap();
        house
            .give(Principal::User(customer), orders[1], cancel(0))
            .await
            .unwrap();
    }
}
