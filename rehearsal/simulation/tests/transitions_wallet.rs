//! Transitions 41, 43 and 44: paying and writing off debts, charges that the bank took back, losses and fees.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallChange, CallKind, Decline},
    id::{CommandId, Principal, Stream, UserId},
    money::{Account, Cents, Currency},
    notice::{Audience, NoticeKind},
    owner::wallet::{ChargebackId, ChargebackStage, Command, PLATFORM, PaymentState},
    record::Entry,
    rejection::Rejection,
    text::Sealed,
    time::DAY_MS,
};
use campusg_simulation::Behaviour;

mod common;
use common::{
    K, Scene,
    seen::{code, told, told_operators},
};

const NOTHING: Cents = Cents::ZERO;

/// The customer owes K: the card failed when the food was bought. The order is complete.
fn owing() -> Scene {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    scene.go_to("completed");
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene
}

fn available(scene: &Scene, user: UserId) -> Cents {
    let balance = scene.campus.ledger().balance(Account::Payable(user));
    balance.available()
}

fn debt(scene: &Scene) -> Cents {
    scene.campus.ledger().debt(scene.customer)
}

/// The gateway's book and the ledger say the same about its cash.
fn holds(scene: &mut Scene) {
    scene.holds();
    let booked = -scene.balance(Account::Gateway);
    assert_eq!(scene.campus.gateway().cash(), booked);
}

fn told_user(scene: &Scene, user: UserId) -> Vec<NoticeKind> {
    told(scene, Audience::User(user))
}

#[test]
fn transition_41_the_card_on_file_pays_what_is_owed() {
    let mut scene = owing();
    let customer = scene.customer;
    let refused = scene.campus.pay_debt(customer, Some(K + Cents(1)));
    assert_eq!(
        refused,
        Err(Rejection::AboveDebt {
            owed: Currency::USD.of(K)
        })
    );
    scene
        .campus
        .set_card(customer, Behaviour::DeclinesRefund)
        .unwrap();
    scene.campus.settle();
    assert_eq!(debt(&scene), NOTHING);
    assert_eq!(available(&scene, customer), NOTHING);
    let again = scene.campus.pay_debt(customer, None);
    assert_eq!(
        again,
        Err(Rejection::AboveDebt {
            owed: Currency::USD.of(NOTHING)
        })
    );
    let paid = NoticeKind::DebtPaid { cents: K };
    assert!(told_user(&scene, customer).contains(&paid));
    holds(&mut scene);
}

#[test]
fn transition_41_a_new_card_pays_by_itself_and_a_part_is_enough_by_hand() {
    let mut scene = owing();
    let customer = scene.customer;
    let part = scene.campus.pay_debt(customer, Some(Cents(1000))).unwrap();
    assert_eq!(
        debt(&scene),
        K - Cents(1000),
        "what is on its way is not owed"
    );
    scene.campus.settle();
    assert_eq!(debt(&scene), K, "the card on file is the one that failed");
    let payment = scene.campus.wallet(customer).payment(part).unwrap().clone();
    assert_eq!(payment.state, PaymentState::Failed(Decline::CardInvalid));
    scene
        .campus
        .set_card(customer, Behaviour::Succeeds)
        .unwrap();
    let wallet = scene.campus.wallet(customer);
    assert_eq!(wallet.payments.last().unwrap().cents, K);
    scene.campus.settle();
    assert_eq!(debt(&scene), NOTHING);
    assert!(
        scene
            .campus
            .place(customer, common::wish(customer), 2)
            .is_ok()
    );
    holds(&mut scene);
}

#[test]
fn transition_41_a_card_that_the_bank_asks_about_leaves_the_debt() {
    let mut scene = owing();
    let customer = scene.customer;
    scene
        .campus
        .set_card(customer, Behaviour::AsksCustomer)
        .unwrap();
    scene.campus.settle();
    assert_eq!(debt(&scene), K);
    let failed = NoticeKind::DebtPaymentFailed {
        cents: K,
        reason: Decline::NotConfirmed,
    };
    assert!(told_user(&scene, customer).contains(&failed));
    let wallet = scene.campus.wallet(customer);
    assert!(!wallet.has_open_call());
    let lets_go = |change: &CallChange| {
        let CallChange::Open { kind, .. } = change else {
            return false;
        };
        matches!(kind, CallKind::Void { .. })
    };
    let of_wallet = |entry: &&Entry| entry.record.stream == Stream::Wallet(customer);
    let wallets = scene.campus.journal().iter().filter(of_wallet);
    let mut changes = wallets.flat_map(|entry| &entry.record.calls);
    assert!(
        changes.any(lets_go),
        "so that it can't be confirmed any more"
    );
    let refused = scene.campus.place(customer, common::wish(customer), 2);
    assert_eq!(code(refused), "in_debt");
    holds(&mut scene);
}

#[test]
fn transition_41_a_payment_that_the_bank_asks_about_is_let_go_and_counts_if_it_was_charged() {
    let mut scene = owing();
    let customer = scene.customer;
    let silent = Behaviour::LosesCharges(20);
    scene.campus.set_card(customer, silent).unwrap();
    let before = scene.campus.gateway().cash();
    while scene.campus.gateway().cash() == before {
        assert!(
            scene.campus.step(),
            "the charge is made and its answer lost"
        );
    }
    let call = scene.campus.wallet(customer).last_call;
    let url = "https://bank.example/confirm".into();
    let asks = Answer::ActionRequired { url };
    scene.campus.wallet_answered(customer, call, asks).unwrap();
    let wallet = scene.campus.wallet(customer);
    let payment = wallet.payment(call).unwrap();
    assert_eq!(payment.state, PaymentState::Failed(Decline::NotConfirmed));
    let lets_go = wallet.calls[&(call + 1)];
    assert_eq!(
        lets_go.kind,
        CallKind::Void {
            authorization: call
        }
    );
    scene.campus.settle();
    let wallet = scene.campus.wallet(customer);
    assert_eq!(wallet.payment(call).unwrap().state, PaymentState::Late);
    assert!(!wallet.has_open_call());
    assert_eq!(
        (debt(&scene), available(&scene, customer)),
        (NOTHING, NOTHING)
    );
    holds(&mut scene);
}

#[test]
fn transition_41_a_debt_below_the_gateways_minimum_is_rounded_up() {
    let mut scene = Scene::at("completed");
    let (customer, order) = (scene.customer, scene.order);
    scene
        .campus
        .chargeback("cb", order, [Cents(30), NOTHING], ChargebackStage::Open)
        .unwrap();
    let refused = scene.campus.pay_debt(customer, Some(Cents(30)));
    assert_eq!(code(refused), "invalid_field");
    scene.campus.pay_debt(customer, None).unwrap();
    scene.campus.settle();
    assert_eq!(debt(&scene), NOTHING);
    assert_eq!(available(&scene, customer), Cents(20));
    holds(&mut scene);
}

#[test]
fn transition_41_paying_needs_a_card_and_its_owner() {
    let mut scene = owing();
    let (customer, runner) = (scene.customer, scene.runner);
    let pay = Command::PayDebt { cents: None };
    let refused =
        scene
            .campus
            .wallet_command(Principal::User(runner), customer, &pay, CommandId(1));
    assert_eq!(code(refused), "not_allowed");
    assert_eq!(
        code(scene.campus.pay_debt(runner, None)),
        "no_payment_method"
    );
    holds(&mut scene);
}

#[test]
fn transition_41_an_operator_writes_off_what_is_owed() {
    let mut scene = owing();
    let (customer, operator) = (scene.customer, scene.operator);
    let refused = scene.campus.write_off(operator, customer, K + Cents(1));
    assert_eq!(
        refused,
        Err(Rejection::AboveDebt {
            owed: Currency::USD.of(K)
        })
    );
    scene
        .campus
        .write_off(operator, customer, Cents(2000))
        .unwrap();
    assert_eq!(debt(&scene), Cents(749));
    assert_eq!(scene.balance(Account::Goodwill), Cents(-2000));
    let by_user = Command::WriteOff {
        cents: Some(Cents(749)),
        reason: Sealed(vec![1]),
    };
    let refused =
        scene
            .campus
            .wallet_command(Principal::User(customer), customer, &by_user, CommandId(1));
    assert_eq!(code(refused), "not_allowed");
    let without_reason = Command::WriteOff {
        cents: Some(Cents(749)),
        reason: Sealed(vec![]),
    };
    let refused = scene.campus.wallet_command(
        Principal::Operator(operator),
        customer,
        &without_reason,
        CommandId(2),
    );
    assert_eq!(code(refused), "invalid_field");
    let all = Command::WriteOff {
        cents: None,
        reason: Sealed(vec![1]),
    };
    let operator = Principal::Operator(operator);
    let write_off = |scene: &mut Scene, n| {
        let command = scene
            .campus
            .wallet_command(operator, customer, &all, CommandId(n));
        command.map(drop)
    };
    assert_eq!(write_off(&mut scene, 3), Ok(()));
    assert_eq!(debt(&scene), NOTHING);
    let nothing = Rejection::AboveDebt {
        owed: Currency::USD.of(NOTHING),
    };
    assert_eq!(write_off(&mut scene, 4), Err(nothing));
    holds(&mut scene);
}

#[test]
fn transition_41_a_charge_that_comes_late_goes_to_the_wallet_and_pays_what_is_still_owed() {
    let mut scene = owing();
    let customer = scene.customer;
    let call = scene.campus.pay_debt(customer, Some(Cents(2000))).unwrap();
    scene.campus.settle();
    let late = Answer::Captured { cents: K };
    scene.campus.wallet_answered(customer, call, late).unwrap();
    assert_eq!(debt(&scene), NOTHING);
    assert_eq!(available(&scene, customer), NOTHING);
    let payment = scene.campus.wallet(customer).payment(call).unwrap().clone();
    assert_eq!(payment.state, PaymentState::Late);
    let again = Answer::Captured { cents: K };
    let records = scene.campus.journal().len();
    scene.campus.wallet_answered(customer, call, again).unwrap();
    assert_eq!(scene.campus.journal().len(), records);
    scene.holds();
}

#[test]
fn transition_43_a_charge_taken_back_is_owed_and_its_fee_is_not() {
    let mut scene = Scene::at("completed");
    let (customer, order) = (scene.customer, scene.order);
    let taken = [K, Cents(1500)];
    for _ in 0..2 {
        scene
            .campus
            .chargeback("cb_1", order, taken, ChargebackStage::Open)
            .unwrap();
    }
    assert_eq!(debt(&scene), K);
    assert_eq!(scene.balance(Account::Goodwill), Cents(-1500));
    let refused = scene.campus.place(customer, common::wish(customer), 2);
    assert_eq!(code(refused), "in_debt");
    let told = told_operators(&scene);
    assert!(told.contains(&NoticeKind::ChargedBack { cents: K }));
    let missing = Cents(1500);
    assert!(told.contains(&NoticeKind::CashShort { cents: missing }));
    scene
        .campus
        .chargeback("cb_1", order, taken, ChargebackStage::Lost)
        .unwrap();
    assert_eq!(debt(&scene), K, "it stays owed");
    scene
        .campus
        .chargeback("cb_1", order, taken, ChargebackStage::Won)
        .unwrap();
    assert_eq!(debt(&scene), K, "what is decided stays decided");
    scene.campus.advance(DAY_MS);
    assert_eq!(debt(&scene), K, "it is never collected by itself");
    holds(&mut scene);
}

#[test]
fn transition_43_a_charge_given_again_pays_the_debt_and_then_goes_to_the_wallet() {
    let mut scene = Scene::at("completed");
    let (customer, order) = (scene.customer, scene.order);
    let taken = [K, NOTHING];
    let stage = |scene: &mut Scene, stage| scene.campus.chargeback("cb", order, taken, stage);
    stage(&mut scene, ChargebackStage::Open).unwrap();
    scene.campus.pay_debt(customer, Some(Cents(2000))).unwrap();
    scene.campus.settle();
    for _ in 0..2 {
        stage(&mut scene, ChargebackStage::Won).unwrap();
    }
    assert_eq!(debt(&scene), NOTHING);
    assert_eq!(available(&scene, customer), Cents(2000));
    holds(&mut scene);
}

#[test]
fn transition_43_a_chargeback_that_was_decided_is_known_for_good() {
    let mut scene = Scene::at("completed");
    let order = scene.order;
    let fee = Cents(15);
    let tell = |scene: &mut Scene, n: u32, stage| {
        let (id, taken) = (format!("cb_{n}"), [Cents(1), fee]);
        scene.campus.chargeback(&id, order, taken, stage).unwrap();
    };
    for n in 0..200 {
        let lost = if n % 2 == 0 {
            ChargebackStage::Lost
        } else {
            ChargebackStage::Won
        };
        tell(&mut scene, n, lost);
    }
    let (owed, borne) = (debt(&scene), scene.balance(Account::Goodwill));
    assert_eq!((owed, borne), (Cents(100), Cents(-200 * 15)));
    for n in 0..200 {
        tell(&mut scene, n, ChargebackStage::Open);
    }
    assert_eq!(
        (debt(&scene), scene.balance(Account::Goodwill)),
        (owed, borne)
    );
    holds(&mut scene);
}

#[test]
fn transition_43_a_chargeback_that_is_heard_of_when_it_is_won_changes_nothing() {
    let mut scene = Scene::at("completed");
    let (customer, order) = (scene.customer, scene.order);
    scene
        .campus
        .chargeback("cb", order, [K, NOTHING], ChargebackStage::Won)
        .unwrap();
    assert_eq!(
        (debt(&scene), available(&scene, customer)),
        (NOTHING, NOTHING)
    );
    scene
        .campus
        .chargeback("cb", order, [K, NOTHING], ChargebackStage::Open)
        .unwrap();
    assert_eq!(debt(&scene), NOTHING, "older news");
    let forged = Command::Chargeback {
        id: ChargebackId("mine".into()),
        order: Some(order),
        cents: K,
        fee: NOTHING,
        stage: ChargebackStage::Won,
    };
    let refused =
        scene
            .campus
            .wallet_command(Principal::User(customer), customer, &forged, CommandId(1));
    assert_eq!(code(refused), "not_allowed");
    holds(&mut scene);
}

#[test]
fn transition_44_losses_are_made_good_and_fees_are_taken_out() {
    let mut scene = owing();
    let (customer, operator) = (scene.customer, scene.operator);
    let refused = scene.campus.top_up(operator, Cents(1));
    assert_eq!(
        refused,
        Err(Rejection::AboveLosses {
            losses: Currency::USD.of(NOTHING)
        })
    );
    scene.campus.write_off(operator, customer, K).unwrap();
    let refused = scene.campus.top_up(operator, K + Cents(1));
    assert_eq!(
        refused,
        Err(Rejection::AboveLosses {
            losses: Currency::USD.of(K)
        })
    );
    scene.campus.top_up(operator, K).unwrap();
    assert_eq!(scene.balance(Account::Goodwill), NOTHING);
    assert_eq!(scene.balance(Account::Revenue), Cents(100));
    let refused = scene.campus.withdraw(operator, Cents(101));
    let available = Cents(100);
    assert_eq!(
        refused,
        Err(Rejection::AboveAvailable {
            available: Currency::USD.of(available)
        })
    );
    scene.campus.withdraw(operator, available).unwrap();
    assert_eq!(scene.balance(Account::Revenue), NOTHING);
    let told = told_operators(&scene);
    assert!(told.contains(&NoticeKind::ToppedUp { cents: K }));
    assert!(told.contains(&NoticeKind::Withdrawn { cents: available }));
    holds(&mut scene);
}

#[test]
fn transition_44_only_operators_and_only_on_the_platforms_wallet() {
    let mut scene = Scene::at("completed");
    let (runner, operator) = (scene.runner, scene.operator);
    let take = Command::Withdraw {
        cents: Cents(100),
        reason: Sealed(vec![1]),
    };
    let mut give = |who, wallet, n| {
        scene
            .campus
            .wallet_command(who, wallet, &take, CommandId(n))
            .map(drop)
    };
    assert_eq!(
        code(give(Principal::User(runner), PLATFORM, 1)),
        "not_allowed"
    );
    assert_eq!(
        code(give(Principal::Operator(operator), runner, 2)),
        "not_found"
    );
    assert_eq!(give(Principal::Operator(operator), PLATFORM, 3), Ok(()));
    scene.holds();
}

#[test]
fn transition_41_a_card_that_does_not_answer_is_named_to_operators_and_waits_for_no_other() {
    let mut scene = owing();
    let customer = scene.customer;
    scene
        .campus
        .set_card(customer, Behaviour::DownFor(20))
        .unwrap();
    let wallet = scene.campus.wallet(customer);
    let call = wallet.last_call;
    assert_eq!(
        wallet.payment(call).unwrap().charge,
        K,
        "the new card is asked"
    );
    scene.campus.advance(DAY_MS / 24);
    let alarm = NoticeKind::DebtPaymentStalled {
        user: customer,
        call,
    };
    assert!(told_operators(&scene).contains(&alarm));
    scene.campus.advance(DAY_MS);
    assert_eq!(debt(&scene), NOTHING);
    holds(&mut scene);
}
