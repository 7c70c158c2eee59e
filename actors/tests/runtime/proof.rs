//! The ledger's proof: one for an hour, of one moment, with the head of the journal there.

use crate::common::House;
use campusg_actors::runtime::Proof;
use campusg_domain::{
    money::Cents,
    time::{HOUR_MS, MINUTE_MS},
};
use campusg_storage::{OpenOptions, verify::verify};
use futures_util::future::join_all;

async fn proof(house: &House) -> Proof {
    house.runtime.proof().await.unwrap()
}

/// What anybody can check: what is posted on all kinds of accounts adds up to nothing.
fn adds_up(proof: &Proof) {
    let kinds = proof.totals.by_kind;
    let sum = kinds.gateway
        + kinds.receivable
        + kinds.escrow
        + kinds.payable
        + kinds.revenue
        + kinds.goodwill;
    assert_eq!(
        (sum, proof.totals.posted, proof.totals.pending),
        (Cents::ZERO, Cents::ZERO, Cents::ZERO)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_renewed_every_hour_and_shows_no_single_order() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let first = proof(&house).await;
    assert_eq!(
        (first.totals.open_escrows, first.totals.held),
        (0, Cents::ZERO)
    );
    house.place(customer).await;
    house.advance(HOUR_MS - MINUTE_MS);
    let kept = proof(&house).await;
    assert_eq!(
        (kept.seq, kept.head, kept.at),
        (first.seq, first.head, first.at)
    );
    assert_eq!(kept.totals, first.totals);
    house.advance(MINUTE_MS);
    let renewed = proof(&house).await;
    assert!(renewed.seq > first.seq && renewed.head != first.head);
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("every call is decided", |actors| actors.open_calls == 0)
        .await;
    house.advance(HOUR_MS);
    let paid = proof(&house).await;
    adds_up(&paid);
    assert_eq!(paid.totals.by_kind.gateway, Cents(-2749));
    assert_eq!(paid.totals.by_kind.payable, Cents(2649));
    assert_eq!(paid.totals.by_kind.revenue, Cents(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_head_is_the_journals_and_what_verify_finds() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    house.place(customer).await;
    let quiet = house
        .until_actors("every call is decided", |actors| actors.open_calls == 0)
        .await;
    let proof = proof(&house).await;
    assert_eq!((proof.seq, proof.totals.open_escrows), (quiet.written, 1));
    let (dir, config) = (house.dir.clone(), house.settings.storage.clone());
    house.stop().await;
    let data = dir.path().join("data");
    let checked = tokio::task::spawn_blocking(move || {
        let options = OpenOptions::new(|| 0);
        verify(&data, &config, options, |_| {}).unwrap()
    });
    let report = checked.await.unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.last, report.head), (proof.seq, proof.head));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_ask_at_once_while_money_moves_get_the_same_sums_of_one_moment() {
    let house = House::new().await;
    let runner = house.runner("rosa").await;
    for round in 0..8 {
        let customer = house.customer(&format!("ada{round}"), "tok_visa").await;
        house.advance(HOUR_MS);
        let errand = async {
            let order = house.place(customer).await;
            house.carry_out(runner, order.id).await;
        };
        let asking = join_all((0..8).map(|_| async {
            tokio::task::yield_now().await;
            proof(&house).await
        }));
        let ((), proofs) = tokio::join!(errand, asking);
        proofs.iter().for_each(adds_up);
        let first = proofs[0];
        assert!(
            proofs
                .iter()
                .all(|other| other.seq == first.seq && other.head == first.head)
        );
    }
}
