//! Placing: transitions 1–7, 33, 36 and 37 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, Decline},
    id::Principal,
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Collection, Command, EscrowStatus, Item, PaymentStatus},
    owner::directory::UserCommand,
    policy::Policy,
    record::Events,
    rejection::Rejection,
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    H, K, Scene, event_name, figures,
    seen::{armed, cancel, code, statuses, told_customer, told_operators},
    wish, words,
};

#[test]
fn transition_01_place_records_the_order_and_asks_for_the_hold() {
    let scene = Scene::placed(Behaviour::Succeeds);
    let order = scene.order();
    assert_eq!(order.stage.placement(), Some("authorizing"));
    assert_eq!(order.terms.price.hold(), H);
    assert_eq!(order.calls.len(), 1);
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Pending, PaymentStatus::Initiating)
    );
    assert_eq!(told_customer(&scene), [NoticeKind::PaymentPending]);
    assert!(armed(&scene).is_empty());
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.customer)
            .unwrap()
            .open_orders,
        1
    );
}

#[test]
fn transition_01_an_item_may_cost_nothing_but_not_all_of_them() {
    let (mut campus, [customer, ..]) = Scene::people(figures(), Behaviour::Succeeds);
    let mut nothing = wish(customer);
    for item in &mut nothing.items {
        item.unit_price = Cents::ZERO;
    }
    let refused = campus.place(customer, nothing.clone(), 9);
    assert_eq!(code(refused), "invalid_field");
    let mut with_sauce = wish(customer);
    let food = with_sauce.items.clone();
    with_sauce.items.extend(nothing.items);
    let placed = campus.place(customer, with_sauce, 10).unwrap();
    let price = |items: &[Item]| -> Cents {
        items
            .iter()
            .map(|item| item.unit_price.checked_times(item.quantity).unwrap())
            .sum()
    };
    assert_eq!(
        campus.order(placed).unwrap().terms.price.food_estimate,
        price(&food)
    );
}

#[test]
fn transition_01_place_refuses_in_the_order_of_the_rules() {
    let (mut campus, [customer, runner, _, operator]) =
        Scene::people(figures(), Behaviour::Succeeds);
    let mut refused = |wish, who| code(campus.place(who, wish, 9));
    let mut bad = wish(customer);
    bad.items.clear();
    assert_eq!(refused(bad, customer), "invalid_field");
    let mut bad = wish(customer);
    bad.items[0].quantity = 0;
    assert_eq!(refused(bad, customer), "invalid_field");
    let mut bad = wish(customer);
    bad.items[0].unit_price = Cents(20_001);
    assert_eq!(refused(bad, customer), "invalid_field");
    let mut bad = wish(customer);
    bad.tip = Cents(-1);
    assert_eq!(refused(bad, customer), "invalid_field");
    let mut bad = wish(customer);
    bad.deliver_after = Some(At(u64::MAX));
    assert_eq!(refused(bad, customer), "invalid_field");
    assert_eq!(refused(wish(runner), runner), "no_payment_method");
    assert_eq!(
        refused(wish(customer), runner),
        "not_allowed",
        "nobody orders for somebody else"
    );
    let suspend = UserCommand::Suspend { reason: words() };
    campus
        .user(Principal::Operator(operator), customer, &suspend)
        .unwrap();
    assert_eq!(code(campus.place(customer, wish(customer), 9)), "suspended");
    assert_eq!(campus.orders().count(), 0);
    campus.verify().unwrap();
}

#[test]
fn transition_01_place_refuses_a_fourth_open_order_and_a_customer_in_debt() {
    let mut scene = Scene::placed(Behaviour::DeclinesCapture);
    let order = scene.order;
    scene
        .campus
        .place(scene.customer, wish(scene.customer), 2)
        .unwrap();
    scene
        .campus
        .place(scene.customer, wish(scene.customer), 3)
        .unwrap();
    assert_eq!(
        code(scene.campus.place(scene.customer, wish(scene.customer), 4)),
        "too_many_open_orders"
    );
    scene.campus.settle();
    scene.go_to("purchased");
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.by(scene.customer, &cancel(K.0)).unwrap();
    assert_eq!(
        scene.campus.order(order).unwrap().collection,
        Collection::Owed
    );
    assert_eq!(
        code(scene.campus.place(scene.customer, wish(scene.customer), 4)),
        "in_debt"
    );
    scene.holds();
}

#[test]
fn transition_01_the_same_key_and_body_is_the_same_order_and_another_body_is_refused() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    let records = scene.campus.journal().len();
    assert_eq!(
        scene.campus.place(scene.customer, wish(scene.customer), 1),
        Ok(scene.order)
    );
    let mut other = wish(scene.customer);
    other.tip = Cents(300);
    assert_eq!(
        scene.campus.place(scene.customer, other, 1),
        Err(Rejection::KeyReused)
    );
    assert_eq!(scene.campus.journal().len(), records);
    scene.holds();
}

#[test]
fn transition_02_declined_card_cancels_free() {
    for (card, reason) in [
        (Behaviour::Declines(Decline::Declined), Decline::Declined),
        (
            Behaviour::Declines(Decline::InsufficientFunds),
            Decline::InsufficientFunds,
        ),
    ] {
        let mut scene = Scene::available_with(card);
        assert_eq!(scene.reason(), Some("payment_failed"));
        assert_eq!(
            statuses(&scene),
            (EscrowStatus::Failed, PaymentStatus::Failed)
        );
        assert_eq!(
            told_customer(&scene).last(),
            Some(&NoticeKind::PaymentFailed {
                reason: Some(reason)
            })
        );
        assert_eq!(scene.order().calls.len(), 1, "nothing to let go of");
        assert!(armed(&scene).is_empty());
        assert_eq!(scene.transfers(), "");
        scene.holds();
    }
}

#[test]
fn transition_02_another_amount_than_the_hold_is_let_go_and_cancels() {
    let mut scene = Scene::available_with(Behaviour::BlocksLess);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Failed, PaymentStatus::Voided)
    );
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

#[test]
fn transition_02_after_the_last_try_the_order_is_cancelled_and_the_call_taken_back() {
    let mut scene = Scene::available_with(Behaviour::DownFor(20));
    assert_eq!(scene.shows(), "pending");
    assert_eq!(armed(&scene), ["STEP_RETRY"]);
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert_eq!(
        scene.order().calls.len(),
        2,
        "the reversal goes out under its own key"
    );
    scene.campus.advance(6 * HOUR_MS);
    assert!(!scene.order().has_open_call());
    assert_eq!(
        told_operators(&scene),
        [NoticeKind::StepStalled],
        "a reversal that keeps failing alarms, once"
    );
    scene.holds();
}

#[test]
fn transition_02_payment_action_runs_out() {
    let mut scene = Scene::available_with(Behaviour::AsksCustomer);
    scene.campus.advance(15 * MINUTE_MS - 1);
    assert_eq!(scene.shows(), "pending");
    scene.campus.advance(1);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert!(!scene.order().has_open_call());
    scene.holds();
}

#[test]
fn transitions_03_04_06_authorised_held_armed_and_available_share_one_record() {
    let mut scene = Scene::available();
    let last = scene.campus.journal().last().unwrap();
    let Events::Order(events) = &last.record.events else {
        panic!("an order's record")
    };
    let names: Vec<String> = events.iter().map(event_name).collect();
    for (place, name) in ["Authorized", "Held", "Available"].iter().enumerate() {
        let facts: Vec<&String> = names
            .iter()
            .filter(|event| !event.starts_with("Step"))
            .collect();
        assert!(facts[place].starts_with(name), "{facts:?}");
    }
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Held, PaymentStatus::InEscrow)
    );
    assert_eq!(scene.campus.ledger().held(scene.order), H);
    assert_eq!(
        armed(&scene),
        [
            "ORDER_TIMEOUT",
            "PAYMENT_AUTHORIZATION_EXPIRY",
            "ESCROW_TIMEOUT"
        ]
    );
    let told = told_customer(&scene);
    assert_eq!(
        told[1..],
        [
            NoticeKind::PaymentAuthorized,
            NoticeKind::EscrowPlaced,
            NoticeKind::OrderCreated
        ]
    );
    scene.holds();
}

#[test]
fn transition_05_escrow_or_timer_refuse() {
    for (kind, reason, escrow) in [
        (AskKind::Hold, "escrow_failed", EscrowStatus::Failed),
        (
            AskKind::Capacity,
            "scheduling_failed",
            EscrowStatus::Refunded,
        ),
    ] {
        let mut scene = Scene::placed(Behaviour::Succeeds);
        scene.campus.refuse(kind, 1);
        scene.campus.settle();
        assert_eq!(scene.reason(), Some(reason));
        assert_eq!(statuses(&scene), (escrow, PaymentStatus::Voided));
        assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
        assert!(armed(&scene).is_empty());
        assert_eq!(scene.campus.timetable().armed(), 0);
        scene.holds();
    }
}

#[test]
fn transition_05_a_hold_above_the_limit_is_refused_by_the_ledger_itself() {
    let policy = Policy {
        hold_limit_cents: Cents(H.0 - 1),
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    assert_eq!(scene.reason(), Some("escrow_failed"));
    scene.holds();
}

#[test]
fn transition_07_cancel_while_pending_is_free_even_while_the_gateway_is_silent() {
    let mut scene = Scene::placed(Behaviour::AnswersLate);
    scene.campus.settle();
    scene.by(scene.customer, &cancel(0)).unwrap();
    assert_eq!(scene.reason(), Some("customer"));
    scene.campus.advance(HOUR_MS);
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    assert!(!scene.order().has_open_call());
    scene.holds();
    let mut scene = Scene::available();
    scene.by(scene.customer, &cancel(0)).unwrap();
    scene.campus.settle();
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Refunded, PaymentStatus::Voided)
    );
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    assert!(armed(&scene).is_empty());
    assert_eq!(
        scene
            .by(scene.customer, &cancel(0))
            .map(|order| order.version),
        Ok(scene.order().version)
    );
    scene.holds();
}

#[test]
fn transition_33_a_late_authorisation_is_let_go() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    scene.by(scene.customer, &cancel(0)).unwrap();
    scene.campus.settle();
    let yes = Answer::Authorized {
        cents: H,
        capture_before: scene.campus.now().plus(DAY_MS),
    };
    scene.campus.answered(scene.order, 1, yes.clone());
    scene.campus.settle();
    assert!(
        told_operators(&scene).contains(&NoticeKind::LateChargeReturned { cents: Cents::ZERO })
    );
    let records = scene.campus.journal().len();
    scene.campus.answered(scene.order, 1, yes);
    assert_eq!(
        scene.campus.journal().len(),
        records,
        "told twice, done once"
    );
    assert_eq!(scene.transfers(), "");
    scene.holds();
}

#[test]
fn transition_33_a_late_yes_after_a_no_is_let_go_too() {
    let mut scene = Scene::available_with(Behaviour::Declines(Decline::Declined));
    let yes = Answer::Authorized {
        cents: H,
        capture_before: scene.campus.now().plus(DAY_MS),
    };
    scene.campus.answered(scene.order, 1, yes);
    assert!(scene.order().has_open_call(), "the reversal");
    scene.campus.settle();
    assert!(!scene.order().has_open_call());
    scene.holds();
}

#[test]
fn transition_33_a_late_charge_is_sent_back() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    scene
        .campus
        .answered(scene.order, 2, Answer::Captured { cents: K });
    assert_eq!(scene.balance(Account::Gateway), -K);
    assert!(told_customer(&scene).contains(&NoticeKind::LateChargeReturned { cents: K }));
    scene
        .campus
        .answered(scene.order, 4, Answer::Refunded { cents: K });
    assert_eq!(
        (
            scene.balance(Account::Gateway),
            scene.wallet(scene.customer)
        ),
        (Cents::ZERO, Cents::ZERO)
    );
    assert_eq!(
        scene.campus.ledger().debt(scene.customer),
        K,
        "what is owed stays owed"
    );
    scene.holds();
}

#[test]
fn transition_36_the_bank_asks_and_the_customer_answers() {
    let mut scene = Scene::available_with(Behaviour::AsksCustomer);
    assert!(scene.order().action_url.is_some());
    assert_eq!(armed(&scene), ["PAYMENT_ACTION"]);
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::PaymentActionRequired)
    );
    scene.campus.advance(14 * MINUTE_MS);
    let again = Answer::ActionRequired {
        url: "https://bank.example/other".into(),
    };
    scene.campus.answered(scene.order, 1, again);
    let due = scene.order().armed(TimerKind::PaymentAction).unwrap().due;
    assert_eq!(
        due,
        scene.order().terms.placed_at.plus(15 * MINUTE_MS),
        "a second link buys no time"
    );
    scene.campus.confirm_payment(scene.order, true);
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert!(scene.order().action_url.is_none());
    scene.holds();
    let mut scene = Scene::available_with(Behaviour::AsksCustomer);
    scene.campus.confirm_payment(scene.order, false);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert_eq!(scene.order().declined, Some(Decline::NotConfirmed));
    scene.holds();
}

#[test]
fn transition_37_an_order_for_later_waits_for_its_time() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    let mut later = wish(scene.customer);
    later.deliver_after = Some(scene.campus.now().plus(5 * HOUR_MS));
    scene.order = scene.campus.place(scene.customer, later, 2).unwrap();
    scene.campus.settle();
    assert_eq!(scene.order().stage.placement(), Some("waiting"));
    assert_eq!(
        armed(&scene),
        ["BOARD_OPEN", "PAYMENT_AUTHORIZATION_EXPIRY"]
    );
    let runner = scene.runner;
    assert_eq!(
        code(scene.by(runner, &Command::Accept { runner })),
        "not_in_this_stage"
    );
    scene.campus.advance(5 * HOUR_MS - 45 * MINUTE_MS);
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(
        armed(&scene),
        [
            "ORDER_TIMEOUT",
            "PAYMENT_AUTHORIZATION_EXPIRY",
            "ESCROW_TIMEOUT"
        ]
    );
    scene.by(runner, &Command::Accept { runner }).unwrap();
    scene.holds();
}

#[test]
fn a2_a_placements_key_is_known_after_30_more_and_until_a_day_is_over() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    let (customer, first) = (scene.customer, scene.order);
    let cancel = Command::Cancel {
        accept_charge: Cents::ZERO,
    };
    scene.campus.settle();
    scene.by(customer, &cancel).unwrap();
    let begun = scene.campus.now();
    for key in 100..130 {
        let order = scene.campus.place(customer, wish(customer), key).unwrap();
        scene.campus.settle();
        let id = scene.campus.fresh();
        let who = Principal::User(customer);
        scene.campus.command(who, order, &cancel, id).unwrap();
    }
    let again = |scene: &mut Scene| scene.campus.place(customer, wish(customer), 1);
    assert_eq!(again(&mut scene), Ok(first));
    let passed = scene.campus.now().since(begun);
    scene.campus.advance(DAY_MS - passed - MINUTE_MS);
    assert_eq!(again(&mut scene), Ok(first));
    scene.campus.rebuild().unwrap();
    assert_eq!(again(&mut scene), Ok(first), "folded from the journal anew");
    scene.campus.advance(2 * MINUTE_MS);
    assert_ne!(again(&mut scene), Ok(first));
    scene.holds();
}
