//! Claims and gifts: transitions 29–34 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, Decline},
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Command, EscrowStatus, Fault, Party, PaymentStatus},
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    H, K, Scene, X, figures,
    seen::{
        armed, cancel, code, dispute, divide, resolve, statuses, told_customer, told_operators,
        told_runner,
    },
    words,
};

/// Handed over, with a window to dispute.
fn delivered() -> Scene {
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("delivered");
    scene
}

fn reply() -> Command {
    Command::Reply {
        dispute: 1,
        text: words(),
        photos: vec![],
    }
}

fn refund(cents: i64) -> Command {
    Command::Refund {
        cents: Cents(cents),
        reason: words(),
    }
}

fn tip(cents: i64) -> Command {
    Command::Tip {
        cents: Cents(cents),
    }
}

#[test]
fn transition_29_a_dispute_keeps_the_money_in_escrow() {
    let mut scene = delivered();
    assert_eq!(
        code(scene.by(scene.customer, &dispute(Some(K.0 + 1)))),
        "invalid_field"
    );
    assert_eq!(
        code(scene.by(scene.customer, &dispute(Some(0)))),
        "invalid_field"
    );
    assert_eq!(
        code(scene.by(scene.runner, &dispute(None))),
        "not_in_this_stage"
    );
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    assert_eq!(
        code(scene.by(scene.customer, &dispute(Some(1000)))),
        "dispute_open"
    );
    assert_eq!(armed(&scene), ["ESCROW_TIMEOUT", "DISPUTE_SLA"]);
    let claim = NoticeKind::Disputed { claim: Cents(1000) };
    for told in [
        told_customer(&scene),
        told_runner(&scene),
        told_operators(&scene),
    ] {
        assert_eq!(told.last(), Some(&claim));
    }
    assert_eq!(
        code(scene.by(scene.customer, &Command::Confirm)),
        "dispute_open"
    );
    assert_eq!(code(scene.by_operator(&Command::Confirm)), "dispute_open");
    scene.campus.advance(DAY_MS);
    assert_eq!(
        scene.shows(),
        "delivered",
        "the daily look does not release it"
    );
    assert_eq!(scene.campus.ledger().held(scene.order), K);
    scene.holds();
}

#[test]
fn transition_29_there_is_nothing_to_dispute_without_a_window() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, u32::MAX);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    assert_eq!(scene.shows(), "delivered");
    assert_eq!(
        code(scene.by(scene.customer, &dispute(None))),
        "not_in_this_stage"
    );
    scene.holds();
}

#[test]
fn transition_30_an_operator_decides() {
    let ends = [
        (0, Fault::Customer, "completed", 2649, 100, 0),
        (1000, Fault::Runner, "completed", 1649, 100, 0),
        (1000, Fault::Store, "completed", 2649, 100, 1000),
        (2749, Fault::Platform, "completed", 2649, 100, 2749),
        (2700, Fault::Runner, "cancelled", 0, 49, 0),
        (2749, Fault::Runner, "cancelled", 0, 0, 0),
    ];
    for (r, fault, status, runner, fee, goodwill) in ends {
        let mut scene = delivered();
        scene.by(scene.customer, &dispute(None)).unwrap();
        assert_eq!(
            code(scene.by_operator(&resolve(1, K.0 + 1, fault))),
            "invalid_field"
        );
        assert_eq!(code(scene.by_operator(&resolve(2, 0, fault))), "not_found");
        assert_eq!(
            code(scene.by(scene.customer, &resolve(1, r, fault))),
            "not_allowed"
        );
        scene.by_operator(&resolve(1, r, fault)).unwrap();
        let version = scene.order().version;
        scene.by_operator(&resolve(1, r, fault)).unwrap();
        assert_eq!(scene.order().version, version, "already so");
        let reason = (status == "cancelled").then_some("dispute");
        assert_eq!((scene.shows().as_str(), scene.reason()), (status, reason));
        scene.campus.settle();
        assert_eq!(scene.wallet(scene.runner), Cents(runner));
        assert_eq!(scene.balance(Account::Revenue), Cents(fee));
        assert_eq!(-scene.balance(Account::Goodwill), Cents(goodwill));
        assert_eq!(scene.campus.gateway().cash(), K - Cents(r));
        assert_eq!(scene.order().refunded, Cents(r));
        assert!(!armed(&scene).contains(&"DISPUTE_SLA"));
        let told = NoticeKind::DisputeResolved { refund: Cents(r) };
        assert!(told_customer(&scene).contains(&told) && told_runner(&scene).contains(&told));
        scene.holds();
    }
}

#[test]
fn transition_30_nobody_decides_in_time() {
    let mut scene = delivered();
    scene.by(scene.customer, &dispute(None)).unwrap();
    scene.campus.advance(2 * DAY_MS);
    assert!(told_operators(&scene).contains(&NoticeKind::DisputeWaits));
    scene.campus.advance(12 * DAY_MS - 1);
    assert_eq!(scene.shows(), "delivered");
    scene.campus.advance(1);
    assert_eq!(
        (scene.shows().as_str(), scene.wallet(scene.runner)),
        ("completed", Cents(2649))
    );
    let judgement = scene.order().dispute.unwrap().judgement.unwrap();
    assert_eq!((judgement.refund, judgement.at_fault), (Cents::ZERO, None));
    scene.holds();
}

#[test]
fn transition_31_a_case_after_the_end_freezes_the_runners_share() {
    let mut scene = Scene::at("completed");
    scene.campus.advance(7 * DAY_MS - 1);
    let mut late = scene.clone();
    late.campus.advance(1);
    assert_eq!(code(late.by(late.customer, &dispute(None))), "too_late");
    assert_eq!(
        code(scene.by(scene.runner, &dispute(None))),
        "not_in_this_stage"
    );
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    let frozen = scene
        .campus
        .ledger()
        .balance(Account::Payable(scene.runner));
    assert_eq!(
        (frozen.pending_out, frozen.available()),
        (Cents(1000), Cents(1649))
    );
    let cents = Cents(1000);
    assert!(told_runner(&scene).contains(&NoticeKind::Frozen { cents }));
    assert_eq!(scene.shows(), "completed", "the order stays as it ended");
    assert!(scene.order().is_live());
    late.by_operator(&dispute(Some(1000))).unwrap();
    assert_eq!(
        late.order().dispute.unwrap().by,
        Party::Operator,
        "after a chargeback"
    );
    scene.holds();
    late.holds();
}

#[test]
fn transition_31_a_refused_freeze_opens_no_case() {
    let mut scene = Scene::at("completed");
    scene.campus.refuse(AskKind::Freeze, 1);
    assert_eq!(
        code(scene.by(scene.customer, &dispute(Some(1000)))),
        "transfer_refused"
    );
    assert!(scene.order().dispute.is_none());
    scene.holds();
}

#[test]
fn transition_31_no_more_than_the_runners_share_is_frozen() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(None)).unwrap();
    assert_eq!(scene.order().dispute.unwrap().claim, K);
    assert_eq!(
        scene.order().dispute.unwrap().frozen,
        Some((3, Cents(2649)))
    );
    scene.holds();
    let mut scene = Scene::at("accepted");
    scene.by(scene.customer, &cancel(0)).unwrap();
    assert_eq!(
        code(scene.by(scene.customer, &dispute(None))),
        "not_in_this_stage",
        "not charged"
    );
}

#[test]
fn transition_31_a_runner_claims_after_a_cancellation() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(5 * MINUTE_MS);
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    assert_eq!(
        code(scene.by(scene.runner, &dispute(Some(H.0 + 1)))),
        "invalid_field"
    );
    scene.by(scene.runner, &dispute(Some(500))).unwrap();
    assert_eq!(
        code(scene.by_operator(&resolve(1, 501, Fault::Customer))),
        "invalid_field"
    );
    scene
        .by_operator(&resolve(1, 300, Fault::Customer))
        .unwrap();
    assert_eq!(scene.wallet(scene.runner), X + Cents(300));
    assert_eq!(scene.balance(Account::Goodwill), Cents(-300));
    assert_eq!(
        scene.order().refunded,
        Cents::ZERO,
        "nothing came back to the customer"
    );
    scene.holds();
}

#[test]
fn transitions_29_and_31_both_sides_reply_while_it_is_open() {
    let mut scene = Scene::at("completed");
    assert_eq!(code(scene.by(scene.runner, &reply())), "not_found");
    scene.by(scene.customer, &dispute(None)).unwrap();
    scene.by(scene.runner, &reply()).unwrap();
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::DisputeReplied)
    );
    for _ in 0..19 {
        scene.by(scene.customer, &reply()).unwrap();
    }
    assert_eq!(
        code(scene.by(scene.customer, &reply())),
        "too_many_messages"
    );
    scene.by_operator(&resolve(1, 0, Fault::Customer)).unwrap();
    assert_eq!(code(scene.by(scene.runner, &reply())), "not_in_this_stage");
    scene.holds();
}

#[test]
fn transition_32a_a_later_tip_goes_to_the_runner() {
    let mut scene = Scene::at("completed");
    for wrong in [0, 49, 5001] {
        assert_eq!(code(scene.by(scene.customer, &tip(wrong))), "invalid_field");
    }
    assert_eq!(code(scene.by(scene.runner, &tip(300))), "not_allowed");
    scene.by(scene.customer, &tip(300)).unwrap();
    assert_eq!(
        scene.wallet(scene.runner),
        Cents(2649),
        "not before it is charged"
    );
    scene.campus.settle();
    assert_eq!(scene.wallet(scene.runner), Cents(2949));
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::Tipped { cents: Cents(300) })
    );
    assert_eq!(
        code(scene.by(scene.customer, &tip(4701))),
        "invalid_field",
        "all together"
    );
    scene.campus.advance(7 * DAY_MS);
    assert_eq!(code(scene.by(scene.customer, &tip(300))), "too_late");
    scene.holds();
}

#[test]
fn transition_32a_a_refused_tip_is_nobodys_debt_and_a_late_one_goes_back() {
    let mut scene = Scene::at("completed");
    let card = Behaviour::Declines(Decline::Declined);
    scene.campus.set_card(scene.customer, card).unwrap();
    scene.by(scene.customer, &tip(300)).unwrap();
    scene.campus.settle();
    let reason = Decline::Declined;
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::TipFailed { reason })
    );
    assert_eq!(scene.campus.ledger().debt(scene.customer), Cents::ZERO);
    let (cents, order) = (Cents(300), scene.order);
    scene.campus.answered(order, 3, Answer::Captured { cents });
    scene.campus.answered(order, 3, Answer::Captured { cents });
    scene.campus.answered(order, 4, Answer::Refunded { cents });
    assert_eq!(
        (scene.wallet(scene.runner), scene.wallet(scene.customer)),
        (Cents(2649), Cents::ZERO)
    );
    scene.holds();
}

#[test]
fn transition_32a_a_tip_that_the_bank_asks_about_is_let_go_and_goes_back_if_it_was_charged() {
    let mut scene = Scene::at("completed");
    let silent = Behaviour::LosesCharges(20);
    scene.campus.set_card(scene.customer, silent).unwrap();
    scene.by(scene.customer, &tip(300)).unwrap();
    while scene.campus.gateway().cash() == K {
        assert!(
            scene.campus.step(),
            "the charge is made and its answer lost"
        );
    }
    let url = "https://bank.example/confirm".into();
    let order = scene.order;
    scene
        .campus
        .answered(order, 3, Answer::ActionRequired { url });
    let reason = Decline::NotConfirmed;
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::TipFailed { reason })
    );
    scene.campus.settle();
    scene.campus.advance(DAY_MS);
    assert_eq!(scene.campus.gateway().cash(), K, "the charge was sent back");
    scene.holds();
}

/// A completed order with a later tip of 4000 by mistake.
fn tipped_by_mistake() -> Scene {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &tip(4000)).unwrap();
    scene.campus.settle();
    assert_eq!(scene.wallet(scene.runner), Cents(6649));
    assert_eq!(scene.order().refundable(), K + Cents(4000));
    scene
}

#[test]
fn transition_32b_a_later_tip_can_be_given_back() {
    let mut scene = tipped_by_mistake();
    let above = K.0 + 4001;
    assert_eq!(code(scene.by_operator(&refund(above))), "invalid_field");
    scene.by_operator(&refund(4000)).unwrap();
    scene.by_operator(&refund(K.0)).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    assert_eq!(scene.order().payment, PaymentStatus::Refunded);
    assert_eq!(scene.wallet(scene.runner), Cents(6649), "out of goodwill");
    assert_eq!(scene.order().tipped_later(), Cents(4000), "it was given");
    scene.holds();
}

#[test]
fn transition_34_a_claim_covers_a_later_tip() {
    let mut scene = tipped_by_mistake();
    let all = K.0 + 4000;
    scene.by(scene.customer, &dispute(Some(all))).unwrap();
    let resolved = resolve(1, all, Fault::Runner);
    scene.by_operator(&resolved).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO, "the tip too");
    assert_eq!(scene.balance(Account::Goodwill), Cents(-100), "the fee");
    scene.holds();
}

#[test]
fn transition_32b_an_operator_gives_back_out_of_goodwill() {
    let mut scene = Scene::at("completed");
    assert_eq!(code(scene.by(scene.customer, &refund(1))), "not_allowed");
    for wrong in [0, K.0 + 1] {
        assert_eq!(code(scene.by_operator(&refund(wrong))), "invalid_field");
    }
    scene.by_operator(&refund(1000)).unwrap();
    scene.campus.settle();
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Released, PaymentStatus::PartiallyRefunded)
    );
    assert_eq!(scene.campus.gateway().cash(), K - Cents(1000));
    assert_eq!(
        code(scene.by_operator(&refund(1750))),
        "invalid_field",
        "charged − refunded"
    );
    scene.by_operator(&refund(1749)).unwrap();
    scene.campus.settle();
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Released, PaymentStatus::Refunded)
    );
    assert_eq!(code(scene.by_operator(&refund(1))), "not_in_this_stage");
    assert_eq!(
        (scene.wallet(scene.runner), scene.balance(Account::Goodwill)),
        (Cents(2649), -K)
    );
    scene.holds();
}

#[test]
fn transition_32b_a_refund_of_what_was_never_charged_pays_the_debt() {
    let mut scene = Scene::at_with("completed", Behaviour::DeclinesCapture);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.by_operator(&refund(1000)).unwrap();
    assert_eq!(scene.campus.ledger().debt(scene.customer), K - Cents(1000));
    assert_eq!(scene.wallet(scene.customer), Cents::ZERO);
    scene.campus.refuse(AskKind::SetOff, 1);
    scene.by_operator(&refund(500)).unwrap();
    assert_eq!(
        scene.wallet(scene.customer),
        Cents(500),
        "without a vote it waits in the wallet"
    );
    scene.holds();
}

#[test]
fn transition_34_the_runner_at_fault_pays_from_the_freeze_then_owes_then_goodwill() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(None)).unwrap();
    scene.by_operator(&resolve(1, K.0, Fault::Runner)).unwrap();
    assert_eq!(
        (scene.wallet(scene.runner), scene.balance(Account::Goodwill)),
        (Cents::ZERO, Cents(-100))
    );
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Released, PaymentStatus::Refunded)
    );
    let cents = Cents(2649);
    assert!(told_runner(&scene).contains(&NoticeKind::TakenBack { cents }));
    assert_eq!(
        code(scene.by(scene.customer, &dispute(None))),
        "not_in_this_stage",
        "all is back"
    );
    scene.holds();
}

#[test]
fn transition_34_somebody_else_at_fault_frees_the_runners_money() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    assert_eq!(
        code(scene.by_operator(&resolve(1, 1001, Fault::Store))),
        "invalid_field"
    );
    scene.by_operator(&resolve(1, 400, Fault::Store)).unwrap();
    let wallet = scene
        .campus
        .ledger()
        .balance(Account::Payable(scene.runner));
    assert_eq!(
        (wallet.posted, wallet.pending_out),
        (Cents(2649), Cents::ZERO)
    );
    assert_eq!(scene.balance(Account::Goodwill), Cents(-400));
    scene.by(scene.customer, &dispute(None)).unwrap();
    assert_eq!(
        scene.order().dispute.unwrap().claim,
        K - Cents(400),
        "a second case"
    );
    scene.holds();
}

#[test]
fn transition_34_nobody_decides_a_case_in_time() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    scene.campus.advance(14 * DAY_MS);
    assert!(told_operators(&scene).contains(&NoticeKind::DisputeWaits));
    assert!(scene.order().open_dispute().is_none() && !scene.order().is_live());
    let wallet = scene
        .campus
        .ledger()
        .balance(Account::Payable(scene.runner));
    assert_eq!(
        (wallet.available(), scene.order().refunded),
        (Cents(2649), Cents::ZERO)
    );
    assert!(scene.order().armed(TimerKind::DisputeSla).is_none());
    scene.holds();
}

#[test]
fn transition_34_a_claim_shrinks_with_what_comes_back_meanwhile() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(None)).unwrap();
    scene.by_operator(&refund(2000)).unwrap();
    assert_eq!(
        code(scene.by_operator(&resolve(1, 750, Fault::Runner))),
        "invalid_field"
    );
    scene.by_operator(&resolve(1, 749, Fault::Runner)).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    scene.holds();
}

#[test]
fn transition_34_a_refund_is_split_over_two_charges() {
    let mut scene = Scene::dear();
    scene.campus.settle();
    scene.go_to("completed");
    scene.by(scene.customer, &dispute(Some(3000))).unwrap();
    scene
        .by_operator(&resolve(1, 3000, Fault::Platform))
        .unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents(99));
    scene.by_operator(&refund(99)).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    assert_eq!(scene.wallet(scene.customer), Cents::ZERO);
    scene.holds();
}

#[test]
fn transition_40_settling_a_disputed_delivery_decides_the_dispute() {
    let mut scene = delivered();
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    scene.by_operator(&divide(500, Fault::Runner)).unwrap();
    let judgement = scene.order().dispute.unwrap().judgement.unwrap();
    assert_eq!(
        (judgement.refund, scene.shows().as_str()),
        (Cents(500), "completed")
    );
    scene.holds();
}
