//! The transfers of every move of the lifecycle, as text tables with its figures: H = 2899, K = 2749, X = 199.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::Answer,
    id::{CommandId, OrderId, Principal, Seq, UserId},
    money::{Account, Cents},
    order::{Command, Fault, ProposalKind},
    owner::ledger::{Balance, Ledger},
    policy::Policy,
    rejection::Rejection,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    vote::{Granted, VoteRequest},
};
use campusg_simulation::{AskKind, Bank, Behaviour};

mod common;
use common::{
    FOOD, K, Scene, X,
    seen::{dispute, divide, resolve},
    table::table,
};

fn cancel(accept: Cents) -> Command {
    Command::Cancel {
        accept_charge: accept,
    }
}

#[test]
fn hold_and_free() {
    let mut scene = Scene::available();
    insta::assert_snapshot!("hold", table(&scene, 0));
    let from = scene.campus.journal().len();
    scene.by(scene.customer, &cancel(Cents::ZERO)).unwrap();
    insta::assert_snapshot!("free", table(&scene, from));
}

#[test]
fn trip_and_its_collection() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(5 * MINUTE_MS);
    let from = scene.campus.journal().len();
    scene.by(scene.customer, &cancel(X)).unwrap();
    insta::assert_snapshot!("trip", table(&scene, from));
    scene.campus.settle();
    insta::assert_snapshot!("trip_collected", table(&scene, from));
}

#[test]
fn buy_and_collect() {
    let mut scene = Scene::at("on-site");
    let from = scene.campus.journal().len();
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    insta::assert_snapshot!("buy", table(&scene, from));
    let from = scene.campus.journal().len();
    scene.campus.settle();
    insta::assert_snapshot!("collect", table(&scene, from));
}

#[test]
fn release_to_the_runner_and_the_platform() {
    let mut scene = Scene::at("on-the-way");
    let from = scene.campus.journal().len();
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    insta::assert_snapshot!("release_0", table(&scene, from));
}

#[test]
fn release_of_everything_to_the_customer_and_its_refund() {
    let mut scene = Scene::at("purchased");
    scene.campus.advance(14 * DAY_MS - HOUR_MS);
    let from = scene.campus.journal().len();
    scene.campus.advance(HOUR_MS);
    insta::assert_snapshot!("release_k_refunded", table(&scene, from));
}

#[test]
fn a_refund_that_the_card_refuses_stays_in_the_wallet() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesRefund);
    let from = scene.campus.journal().len();
    scene.campus.advance(14 * DAY_MS);
    insta::assert_snapshot!("refund_kept", table(&scene, from));
}

#[test]
fn what_is_owed() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    insta::assert_snapshot!("owed", table(&scene, 0));
    let from = scene.campus.journal().len();
    scene.campus.advance(14 * DAY_MS);
    insta::assert_snapshot!("owed_release_k", table(&scene, from));
}

#[test]
fn a_refund_on_its_way_is_set_against_a_charge_that_fails() {
    let mut scene = Scene::at("on-site");
    let (order, runner) = (scene.order, scene.runner);
    let buy = Command::Purchase {
        total: FOOD,
        photo: Some(scene.photo()),
    };
    let id = scene.campus.fresh();
    scene
        .campus
        .command(Principal::User(runner), order, &buy, id)
        .unwrap();
    for _ in 0..14 {
        let id = scene.campus.fresh();
        let look = Command::ScheduledDue {
            kind: campusg_domain::timer::TimerKind::EscrowTimeout,
        };
        scene
            .campus
            .command(Principal::System, order, &look, id)
            .unwrap();
    }
    let from = scene.campus.journal().len();
    assert_eq!(scene.reason(), Some("runner_abandoned"));
    let no = Answer::Declined {
        reason: campusg_domain::call::Decline::CardInvalid,
    };
    scene.campus.answered(order, 2, no);
    insta::assert_snapshot!("refund_set_against_debt", table(&scene, from));
    scene.holds();
}

#[test]
fn a_late_charge_goes_through_the_wallet_and_back() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    let from = scene.campus.journal().len();
    scene
        .campus
        .answered(scene.order, 2, Answer::Captured { cents: K });
    insta::assert_snapshot!("late", table(&scene, from));
    scene
        .campus
        .answered(scene.order, 4, Answer::Refunded { cents: K });
    insta::assert_snapshot!("late_refunded", table(&scene, from));
}

#[test]
fn a_runner_in_debt_pays_it_out_of_what_he_earns() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    let (runner, customer) = (scene.runner, scene.customer);
    scene.by(customer, &cancel(K)).unwrap();
    let debtor = customer;
    scene.campus.activate_runner(debtor).unwrap();
    scene.campus.set_card(runner, Behaviour::Succeeds).unwrap();
    scene.order = scene.campus.place(runner, common::wish(runner), 1).unwrap();
    scene.campus.settle();
    scene.runner = debtor;
    scene.customer = runner;
    scene.go_to("on-the-way");
    let from = scene.campus.journal().len();
    let deliver = scene.next_step();
    scene.by(debtor, &deliver).unwrap();
    insta::assert_snapshot!("set_off", scene.transfers_from(from));
    assert_eq!(
        scene.campus.ledger().debt(debtor),
        Cents(100),
        "2749 owed, 2649 earned"
    );
    scene.holds();
}

#[test]
fn a_charge_of_nothing_settles_its_promise() {
    let mut scene = Scene::at("on-site");
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    scene
        .campus
        .answered(scene.order, 2, Answer::Captured { cents: Cents::ZERO });
    assert!(scene.order().promises.is_empty());
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.holds();
}

#[test]
fn a_refused_set_off_never_keeps_an_order_from_ending() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::SetOff, 1);
    scene.go_to("completed");
    assert_eq!(scene.wallet(scene.runner), Cents(2649));
    scene.holds();
}

#[test]
fn raise_and_a_buy_over_both() {
    let mut scene = Scene::at("on-site");
    let (customer, runner) = (scene.customer, scene.runner);
    let price = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(runner, &price).unwrap();
    let from = scene.campus.journal().len();
    scene
        .by(customer, &Command::Approve { proposal: 1 })
        .unwrap();
    scene.campus.settle();
    insta::assert_snapshot!("raise", table(&scene, from));
    let from = scene.campus.journal().len();
    let photo = Some(scene.photo());
    let total = Cents(2500);
    scene
        .by(runner, &Command::Purchase { total, photo })
        .unwrap();
    insta::assert_snapshot!("buy_over_two", table(&scene, from));
    let from = scene.campus.journal().len();
    scene.campus.settle();
    insta::assert_snapshot!("collect_over_two", table(&scene, from));
}

#[test]
fn a_raise_that_is_not_needed_and_one_that_is_given_back() {
    let raised = || {
        let mut scene = Scene::at("on-site");
        let price = scene.propose(ProposalKind::Price, Some(2500));
        scene.by(scene.runner, &price).unwrap();
        scene
            .by(scene.customer, &Command::Approve { proposal: 1 })
            .unwrap();
        scene.campus.settle();
        scene
    };
    let mut scene = raised();
    let from = scene.campus.journal().len();
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    insta::assert_snapshot!("buy_without_b", table(&scene, from));
    let mut scene = raised();
    let from = scene.campus.journal().len();
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    insta::assert_snapshot!("free_b", table(&scene, from));
    let mut scene = raised();
    let from = scene.campus.journal().len();
    scene.by(scene.customer, &cancel(X)).unwrap();
    scene.campus.advance(2 * MINUTE_MS);
    insta::assert_snapshot!("trip_with_b", table(&scene, from));
}

#[test]
fn a_lapsed_authorisation_expires() {
    let mut scene = Scene::at("accepted");
    let from = scene.campus.journal().len();
    let reason = campusg_domain::call::Decline::Expired;
    scene
        .campus
        .answered(scene.order, 1, Answer::Declined { reason });
    insta::assert_snapshot!("expired", table(&scene, from));
}

#[test]
fn release_of_a_part() {
    let mut scene = Scene::at("on-the-way");
    let from = scene.campus.journal().len();
    scene.by_operator(&divide(1000, Fault::Runner)).unwrap();
    insta::assert_snapshot!("release_1000", table(&scene, from));
    scene.campus.settle();
    insta::assert_snapshot!("release_1000_refunded", table(&scene, from));
}

#[test]
fn goodwill_beside_a_full_release() {
    let mut scene = Scene::at("on-the-way");
    let from = scene.campus.journal().len();
    scene.by_operator(&divide(1000, Fault::Store)).unwrap();
    insta::assert_snapshot!("release_0_goodwill_1000", table(&scene, from));
}

/// The runner took 2000 of the 2649 out of the wallet before the customer claimed 1000.
fn claimed() -> Scene {
    let mut scene = Scene::at("completed");
    let (customer, runner) = (scene.customer, scene.runner);
    scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
    scene.campus.payout(runner, Cents(2000)).unwrap();
    scene.campus.settle();
    scene.by(customer, &dispute(Some(1000))).unwrap();
    scene
}

#[test]
fn freeze_what_is_left_and_judge() {
    let mut scene = claimed();
    assert_eq!(scene.order().dispute.unwrap().frozen, Some((3, Cents(649))));
    let wallet_balance = scene.campus.ledger().wallet_balance(scene.runner);
    assert_eq!(
        (wallet_balance.available, wallet_balance.frozen),
        (Cents::ZERO, Cents(649))
    );
    let entry = scene.campus.journal().len() - 1;
    insta::assert_snapshot!("freeze", table(&scene, entry));
    let mut store = scene.clone();
    let from = scene.campus.journal().len();
    scene.by_operator(&resolve(1, 1000, Fault::Runner)).unwrap();
    insta::assert_snapshot!("judge_1000", table(&scene, from));
    assert_eq!(scene.campus.ledger().debt(scene.runner), Cents(351));
    scene.holds();
    store.by_operator(&resolve(1, 1000, Fault::Store)).unwrap();
    insta::assert_snapshot!("judge_1000_goodwill", table(&store, from));
    let mut none = claimed();
    none.by_operator(&resolve(1, 0, Fault::Customer)).unwrap();
    insta::assert_snapshot!("judge_0", table(&none, from));
}

#[test]
fn a_judgement_above_the_runners_share() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(None)).unwrap();
    let from = scene.campus.journal().len();
    scene.by_operator(&resolve(1, K.0, Fault::Runner)).unwrap();
    insta::assert_snapshot!("judge_k", table(&scene, from));
}

#[test]
fn a_runners_claim_pays_his_own_debt_first() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(5 * MINUTE_MS);
    scene.by(scene.customer, &cancel(X)).unwrap();
    scene.by(scene.runner, &dispute(Some(500))).unwrap();
    let from = scene.campus.journal().len();
    scene
        .by_operator(&resolve(1, 300, Fault::Platform))
        .unwrap();
    insta::assert_snapshot!("judge_of_a_runner", table(&scene, from));
}

#[test]
fn a_tip_is_pending_until_it_is_charged() {
    let mut scene = Scene::at("completed");
    let from = scene.campus.journal().len();
    let tip = Command::Tip { cents: Cents(300) };
    scene.by(scene.customer, &tip).unwrap();
    insta::assert_snapshot!("tip", table(&scene, from));
    let from = scene.campus.journal().len();
    scene.campus.settle();
    insta::assert_snapshot!("tip_paid", table(&scene, from));
}

#[test]
fn goodwill_after_the_end() {
    let mut scene = Scene::at("completed");
    let from = scene.campus.journal().len();
    let refund = Command::Refund {
        cents: Cents(1000),
        reason: common::words(),
    };
    scene.by_operator(&refund).unwrap();
    insta::assert_snapshot!("goodwill", table(&scene, from));
}

fn in_debt(user: UserId, owed: i64) -> Ledger {
    let mut ledger = Ledger::default();
    let balance = |cents: i64| Balance {
        posted: Cents(cents),
        seq: Seq(1),
        ..Balance::default()
    };
    ledger.restore_account(Account::Receivable(user), balance(-owed));
    ledger
}

#[test]
fn two_orders_never_pay_the_same_debt_twice() {
    let user = UserId::from_bytes([1; 16]);
    let mut ledger = in_debt(user, 300);
    let policy = Policy::default();
    let ask = VoteRequest::SetOff {
        user,
        cents: Cents(200),
    };
    assert_eq!(
        ledger.vote(CommandId(1), &ask, &policy),
        Ok(Granted::SetOff(Cents(200)))
    );
    assert_eq!(
        ledger.vote(CommandId(2), &ask, &policy),
        Ok(Granted::SetOff(Cents(100)))
    );
    assert_eq!(
        ledger.vote(CommandId(3), &ask, &policy),
        Ok(Granted::SetOff(Cents(0)))
    );
    ledger.release(CommandId(1));
    assert_eq!(
        ledger.vote(CommandId(3), &ask, &policy),
        Ok(Granted::SetOff(Cents(200)))
    );
}

#[test]
fn holds_are_counted_with_what_is_reserved() {
    let policy = Policy {
        hold_limit_cents: Cents(100),
        total_hold_limit_cents: Cents(150),
        ..Policy::default()
    };
    let mut ledger = Ledger::default();
    let ask = |cents| VoteRequest::Hold {
        cents: Cents(cents),
    };
    assert_eq!(
        ledger.vote(CommandId(1), &ask(101), &policy),
        Err(Rejection::HoldRefused)
    );
    assert_eq!(
        ledger.vote(CommandId(1), &ask(100), &policy),
        Ok(Granted::Granted)
    );
    assert_eq!(
        ledger.vote(CommandId(2), &ask(51), &policy),
        Err(Rejection::HoldRefused)
    );
    assert_eq!(
        ledger.vote(CommandId(2), &ask(50), &policy),
        Ok(Granted::Granted)
    );
    let escrow = VoteRequest::Release {
        order: OrderId::from_bytes([2; 16]),
        cents: Cents(1),
    };
    assert_eq!(
        ledger.vote(CommandId(3), &escrow, &policy),
        Err(Rejection::TransferRefused)
    );
    assert_eq!(ledger.reservations(), 2);
}
