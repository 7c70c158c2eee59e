//! The transfers of the wallets' moves, as text tables: owe, set-off, payout, chargeback, top-up.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::{CommandId, Principal},
    money::Cents,
    owner::{
        ledger::WalletBalance,
        wallet::{ChargebackId, ChargebackStage, Command},
    },
    time::DAY_MS,
};
use campusg_simulation::{Bank, Behaviour};

mod common;
use common::{K, Scene, table::table};

/// Complete, and the runner's account behaves as told.
fn earned(bank: Bank) -> (Scene, usize) {
    let mut scene = Scene::at("completed");
    scene.campus.set_payout_method(scene.runner, bank).unwrap();
    let from = scene.campus.journal().len();
    (scene, from)
}

/// Complete, and the customer owes K.
fn owing() -> (Scene, usize) {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    scene.go_to("completed");
    let from = scene.campus.journal().len();
    (scene, from)
}

#[test]
fn payout_paid_failed_and_sent_back() {
    let (mut scene, from) = earned(Bank::Pays);
    scene.campus.payout(scene.runner, Cents(2649)).unwrap();
    insta::assert_snapshot!("payout", table(&scene, from));
    let asked_for = scene.campus.ledger().wallet_balance(scene.runner);
    assert_eq!(
        (asked_for.available, asked_for.in_payout),
        (Cents::ZERO, Cents(2649))
    );
    scene.campus.settle();
    insta::assert_snapshot!("payout_paid", table(&scene, from));
    let (mut scene, from) = earned(Bank::Declines);
    scene.campus.payout(scene.runner, Cents(2649)).unwrap();
    scene.campus.settle();
    insta::assert_snapshot!("payout_failed", table(&scene, from));
    let (mut scene, from) = earned(Bank::SendsBack);
    scene.campus.payout(scene.runner, Cents(2649)).unwrap();
    scene.campus.advance(3 * DAY_MS);
    insta::assert_snapshot!("payout_sent_back", table(&scene, from));
    let sent_back = WalletBalance {
        available: Cents(2649),
        ..WalletBalance::default()
    };
    assert_eq!(
        scene.campus.ledger().wallet_balance(scene.runner),
        sent_back
    );
}

#[test]
fn set_off_before_a_payout() {
    let (mut scene, from) = earned(Bank::Pays);
    let theirs = Command::Chargeback {
        id: ChargebackId("of the runner".into()),
        order: Some(scene.order),
        cents: Cents(351),
        fee: Cents::ZERO,
        stage: ChargebackStage::Open,
    };
    scene
        .campus
        .wallet_command(Principal::Gateway, scene.runner, &theirs, CommandId(9))
        .unwrap();
    scene.campus.payout(scene.runner, Cents(2298)).unwrap();
    scene.campus.settle();
    insta::assert_snapshot!("payout_after_set_off", table(&scene, from));
}

#[test]
fn owe_paid_refused_and_written_off() {
    let (mut scene, from) = owing();
    scene
        .campus
        .pay_debt(scene.customer, Some(Cents(2000)))
        .unwrap();
    insta::assert_snapshot!("owe", table(&scene, from));
    scene.campus.settle();
    insta::assert_snapshot!("owe_refused", table(&scene, from));
    let from = scene.campus.journal().len();
    scene
        .campus
        .write_off(scene.operator, scene.customer, Cents(749))
        .unwrap();
    scene
        .campus
        .set_card(scene.customer, Behaviour::Succeeds)
        .unwrap();
    scene.campus.settle();
    insta::assert_snapshot!("owe_written_off_and_paid", table(&scene, from));
}

#[test]
fn chargeback_lost_and_won() {
    let mut scene = Scene::at("completed");
    let (order, from) = (scene.order, scene.campus.journal().len());
    let taken = [K, Cents(1500)];
    scene
        .campus
        .chargeback("cb", order, taken, ChargebackStage::Open)
        .unwrap();
    insta::assert_snapshot!("chargeback", table(&scene, from));
    scene
        .campus
        .pay_debt(scene.customer, Some(Cents(749)))
        .unwrap();
    scene.campus.settle();
    let from = scene.campus.journal().len();
    scene
        .campus
        .chargeback("cb", order, taken, ChargebackStage::Won)
        .unwrap();
    insta::assert_snapshot!("chargeback_won", table(&scene, from));
}

#[test]
fn top_up_and_withdrawal() {
    let (mut scene, from) = owing();
    let operator = scene.operator;
    scene.campus.write_off(operator, scene.customer, K).unwrap();
    scene.campus.top_up(operator, Cents(2649)).unwrap();
    scene.campus.withdraw(operator, Cents(100)).unwrap();
    insta::assert_snapshot!("top_up_and_withdrawal", table(&scene, from));
}
