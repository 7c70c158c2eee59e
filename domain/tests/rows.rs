//! The rows of the lifecycle, one test per row, named after it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, Decline},
    campus::{AskKind, Behaviour},
    id::Principal,
    money::{Account, Cents},
    notice::{Audience, NoticeKind},
    order::{Collection, Command, EscrowStatus, Handover, PaymentStatus, Rejection, Shown, Stage, TimerKind},
    owner::directory::UserCommand,
    policy::Policy,
    record::Events,
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
};

mod common;
use common::{FOOD, H, K, Scene, X, figures, wish};

fn told(scene: &Scene, to: Audience) -> Vec<NoticeKind> {
    let all = scene.campus.journal().iter().flat_map(|entry| entry.record.notices.iter());
    all.filter(|notice| notice.to == to).map(|notice| notice.kind).collect()
}

fn told_customer(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::User(scene.customer))
}

fn told_runner(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::User(scene.runner))
}

fn told_operators(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::Operators)
}

fn armed(scene: &Scene) -> Vec<&'static str> {
    let order = scene.order();
    order.timers.keys().filter(|kind| order.armed(**kind).is_some()).map(|kind| kind.as_str()).collect()
}

fn code<T: std::fmt::Debug>(refused: Result<T, Rejection>) -> &'static str {
    refused.unwrap_err().code()
}

fn statuses(scene: &Scene) -> (EscrowStatus, PaymentStatus) {
    (scene.order().escrow, scene.order().payment)
}

fn cancel(accept: i64) -> Command {
    Command::Cancel { accept_charge: Cents(accept) }
}

#[test]
fn row_01_place_records_the_order_and_asks_for_the_hold() {
    let scene = Scene::placed(Behaviour::Succeeds);
    let order = scene.order();
    assert_eq!(order.stage.placement(), Some("authorizing"));
    assert_eq!(order.terms.price.hold(), H);
    assert_eq!(order.calls.len(), 1);
    assert_eq!(statuses(&scene), (EscrowStatus::Pending, PaymentStatus::Initiating));
    assert_eq!(told_customer(&scene), [NoticeKind::PaymentPending]);
    assert!(armed(&scene).is_empty());
    assert_eq!(scene.campus.directory().person(scene.customer).unwrap().open_orders, 1);
}

#[test]
fn row_01_place_refuses_in_the_order_of_the_rules() {
    let (mut campus, [customer, runner, _, operator]) = Scene::people(figures(), Behaviour::Succeeds);
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
    assert_eq!(refused(wish(customer), runner), "not_allowed", "nobody orders for somebody else");
    let suspend = UserCommand::Suspend;
    campus.user(Principal::Operator(operator), customer, &suspend).unwrap();
    assert_eq!(code(campus.place(customer, wish(customer), 9)), "suspended");
    assert_eq!(campus.orders().count(), 0);
    campus.verify().unwrap();
}

#[test]
fn row_01_place_refuses_a_fourth_open_order_and_a_customer_in_debt() {
    let mut scene = Scene::placed(Behaviour::DeclinesCapture);
    let order = scene.order;
    scene.campus.place(scene.customer, wish(scene.customer), 2).unwrap();
    scene.campus.place(scene.customer, wish(scene.customer), 3).unwrap();
    assert_eq!(code(scene.campus.place(scene.customer, wish(scene.customer), 4)), "too_many_open_orders");
    scene.campus.settle();
    scene.go_to("purchased");
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.by(scene.customer, &cancel(K.0)).unwrap();
    assert_eq!(scene.campus.order(order).unwrap().collection, Collection::Owed);
    assert_eq!(code(scene.campus.place(scene.customer, wish(scene.customer), 4)), "in_debt");
    scene.holds();
}

#[test]
fn row_01_the_same_key_and_body_is_the_same_order_and_another_body_is_refused() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    let records = scene.campus.journal().len();
    assert_eq!(scene.campus.place(scene.customer, wish(scene.customer), 1), Ok(scene.order));
    let mut other = wish(scene.customer);
    other.tip = Cents(300);
    assert_eq!(scene.campus.place(scene.customer, other, 1), Err(Rejection::KeyReused));
    assert_eq!(scene.campus.journal().len(), records);
    scene.holds();
}

#[test]
fn row_02_declined_card_cancels_free() {
    for (card, reason) in [
        (Behaviour::Declines(Decline::Declined), Decline::Declined),
        (Behaviour::Declines(Decline::InsufficientFunds), Decline::InsufficientFunds),
    ] {
        let mut scene = Scene::available_with(card);
        assert_eq!(scene.reason(), Some("payment_failed"));
        assert_eq!(statuses(&scene), (EscrowStatus::Failed, PaymentStatus::Failed));
        assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::PaymentFailed { reason: Some(reason) }));
        assert_eq!(scene.order().calls.len(), 1, "nothing to let go of");
        assert!(armed(&scene).is_empty());
        assert_eq!(scene.transfers(), "");
        scene.holds();
    }
}

#[test]
fn row_02_another_amount_than_the_hold_is_let_go_and_cancels() {
    let mut scene = Scene::available_with(Behaviour::BlocksLess);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert_eq!(statuses(&scene), (EscrowStatus::Failed, PaymentStatus::Voided));
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

#[test]
fn row_02_after_the_last_try_the_order_is_cancelled_and_the_call_taken_back() {
    let mut scene = Scene::available_with(Behaviour::DownFor(20));
    assert_eq!(scene.shows(), "pending");
    assert_eq!(armed(&scene), ["STEP_RETRY"]);
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert_eq!(scene.order().calls.len(), 2, "the reversal goes out under its own key");
    scene.campus.advance(6 * HOUR_MS);
    assert!(!scene.order().has_open_call());
    assert!(told_operators(&scene).contains(&NoticeKind::StepStuck), "a reversal that keeps failing alarms");
    scene.holds();
}

#[test]
fn row_02_payment_action_runs_out() {
    let mut scene = Scene::available_with(Behaviour::AsksCustomer);
    scene.campus.advance(15 * MINUTE_MS - 1);
    assert_eq!(scene.shows(), "pending");
    scene.campus.advance(1);
    assert_eq!(scene.reason(), Some("payment_failed"));
    assert!(!scene.order().has_open_call());
    scene.holds();
}

#[test]
fn rows_03_04_06_authorised_held_armed_and_available_share_one_record() {
    let mut scene = Scene::available();
    let last = scene.campus.journal().last().unwrap();
    let Events::Order(events) = &last.record.events else { panic!("an order's record") };
    let names: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    for (place, name) in ["Authorized", "Held", "Available"].iter().enumerate() {
        let facts: Vec<&String> = names.iter().filter(|event| !event.starts_with("Step")).collect();
        assert!(facts[place].starts_with(name), "{facts:?}");
    }
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(statuses(&scene), (EscrowStatus::Held, PaymentStatus::InEscrow));
    assert_eq!(scene.campus.ledger().held(scene.order), H);
    assert_eq!(armed(&scene), ["ORDER_TIMEOUT", "PAYMENT_AUTHORIZATION_EXPIRY", "ESCROW_TIMEOUT"]);
    let told = told_customer(&scene);
    assert_eq!(told[1..], [NoticeKind::PaymentAuthorized, NoticeKind::EscrowPlaced, NoticeKind::OrderCreated]);
    scene.holds();
}

#[test]
fn row_05_escrow_or_timer_refuse() {
    for (kind, reason, escrow) in [
        (AskKind::Hold, "escrow_failed", EscrowStatus::Failed),
        (AskKind::Capacity, "scheduling_failed", EscrowStatus::Refunded),
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
fn row_05_a_hold_above_the_limit_is_refused_by_the_ledger_itself() {
    let policy = Policy { hold_limit_cents: Cents(H.0 - 1), ..figures() };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    assert_eq!(scene.reason(), Some("escrow_failed"));
    scene.holds();
}

#[test]
fn row_07_cancel_while_pending_is_free_even_while_the_gateway_is_silent() {
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
    assert_eq!(statuses(&scene), (EscrowStatus::Refunded, PaymentStatus::Voided));
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    assert!(armed(&scene).is_empty());
    assert_eq!(scene.by(scene.customer, &cancel(0)).map(|order| order.version), Ok(scene.order().version));
    scene.holds();
}

#[test]
fn row_08_accept_binds_the_runner() {
    let mut scene = Scene::at("accepted");
    let bond = *scene.order().stage.bond().unwrap();
    assert_eq!((bond.runner, bond.epoch, scene.order().epoch), (scene.runner, 1, 1));
    assert_eq!(armed(&scene), ["RUNNER_IDLE", "PAYMENT_AUTHORIZATION_EXPIRY", "ESCROW_TIMEOUT"]);
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::OrderAccepted));
    assert_eq!(scene.campus.directory().person(scene.runner).unwrap().slots, 1);
    let accept = Command::Accept { runner: scene.runner };
    assert_eq!(scene.by(scene.runner, &accept).unwrap().version, 3, "a double tap is already so");
    scene.holds();
}

#[test]
fn row_08_accept_refuses_the_customer_strangers_the_slow_and_the_busy() {
    let mut scene = Scene::available();
    let [customer, runner, rival] = [scene.customer, scene.runner, scene.rival];
    assert_eq!(code(scene.by(customer, &Command::Accept { runner: customer })), "own_order");
    assert_eq!(code(scene.by(rival, &Command::Accept { runner })), "not_allowed", "nobody is bound by another");
    let nobody = scene.campus.register();
    assert_eq!(code(scene.by(nobody, &Command::Accept { runner: nobody })), "not_a_runner");
    scene.by(runner, &Command::Accept { runner }).unwrap();
    assert_eq!(code(scene.by(rival, &Command::Accept { runner: rival })), "taken_by_another_runner");
    for key in [2, 3] {
        let order = scene.campus.place(customer, wish(customer), key).unwrap();
        scene.campus.settle();
        let id = scene.campus.fresh();
        let taken = scene.campus.command(Principal::User(runner), order, &Command::Accept { runner }, id);
        assert_eq!(taken.map(|_| ()).err().map(|refused| refused.code()), (key == 3).then_some("too_many_runs"));
    }
    scene.go_to("on-site");
    assert_eq!(code(scene.by(runner, &Command::Accept { runner })), "not_in_this_stage", "nobody else took it");
    scene.holds();
}

#[test]
fn row_09_nobody_came() {
    let mut scene = Scene::available();
    scene.campus.advance(30 * MINUTE_MS - 1);
    assert_eq!(scene.shows(), "pending");
    scene.campus.advance(1);
    assert_eq!(scene.reason(), Some("no_runner_timeout"));
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::NobodyCame));
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

#[test]
fn row_10_cancel_acceptance_puts_the_order_back_with_a_full_period() {
    for status in ["accepted", "on-site"] {
        let mut scene = Scene::at(status);
        scene.campus.advance(10 * MINUTE_MS);
        scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
        assert_eq!(scene.order().stage.placement(), Some("available"));
        assert_eq!(scene.order().armed(TimerKind::OrderTimeout).unwrap().due, scene.campus.now().plus(30 * MINUTE_MS));
        assert_eq!(armed(&scene), ["ORDER_TIMEOUT", "PAYMENT_AUTHORIZATION_EXPIRY", "ESCROW_TIMEOUT"]);
        assert_eq!(scene.order().epoch, 2);
        let runner = scene.campus.directory().person(scene.runner).unwrap();
        assert_eq!((runner.slots, runner.cancellations), (0, 1));
        assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::RunnerCancelled));
        assert!(scene.by(scene.runner, &Command::CancelAcceptance).is_ok(), "again: already so");
        let rival = scene.rival;
        scene.by(rival, &Command::Accept { runner: rival }).unwrap();
        assert_eq!(scene.order().stage.bond().unwrap().epoch, 3);
        assert_eq!(code(scene.by(scene.runner, &Command::ArriveOnSite)), "not_allowed");
        scene.by(rival, &Command::ArriveOnSite).unwrap();
        scene.holds();
    }
}

#[test]
fn row_11_an_idle_runner_is_reminded_and_then_loses_the_order() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(15 * MINUTE_MS);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::RunnerReminder));
    assert_eq!(scene.shows(), "accepted");
    scene.campus.advance(15 * MINUTE_MS);
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::RunnerReleased));
    assert_eq!(scene.campus.directory().person(scene.runner).unwrap().cancellations, 0);
    scene.holds();
}

#[test]
fn row_11_an_operator_reassigns() {
    let mut scene = Scene::at("accepted");
    assert_eq!(code(scene.by(scene.rival, &Command::Reassign)), "not_found");
    assert_eq!(code(scene.by(scene.runner, &Command::Reassign)), "not_allowed");
    scene.by_operator(&Command::Reassign).unwrap();
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::RunnerReleased));
    scene.holds();
}

#[test]
fn row_12_cancel_is_free_for_two_minutes_and_then_costs_the_trip() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(2 * MINUTE_MS - 1);
    scene.by(scene.customer, &cancel(0)).unwrap();
    assert_eq!((scene.reason(), scene.order().charged), (Some("customer"), Cents::ZERO));
    scene.holds();
    let mut scene = Scene::at("accepted");
    scene.campus.advance(2 * MINUTE_MS);
    let refused = scene.by(scene.customer, &cancel(X.0 - 1)).unwrap_err();
    let Rejection::QuoteChanged { quote } = refused else { panic!("{refused}") };
    assert_eq!((quote.charge, quote.to_runner, quote.let_go), (X, X, H - X));
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    assert_eq!(statuses(&scene), (EscrowStatus::Split, PaymentStatus::PartiallyRefunded));
    assert_eq!(scene.wallet(scene.runner), X, "at once, before the gateway answers");
    scene.campus.settle();
    assert_eq!(scene.order().collection, Collection::Collected);
    assert_eq!(scene.campus.gateway().cash(), X);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::Paid { cents: X }));
    scene.holds();
}

#[test]
fn row_13_on_site() {
    let mut scene = Scene::at("on-site");
    assert_eq!(armed(&scene), ["STORE_WAIT", "PAYMENT_AUTHORIZATION_EXPIRY", "ESCROW_TIMEOUT"]);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::BuyFromNowOn));
    assert_eq!(code(scene.by(scene.customer, &cancel(K.0))), "not_in_this_stage");
    scene.campus.advance(20 * MINUTE_MS);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::RunnerReminder));
    scene.campus.advance(20 * MINUTE_MS);
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::StoreWaitLong));
    assert_eq!(told_operators(&scene), [NoticeKind::StoreWaitLong]);
    scene.holds();
}

#[test]
fn row_18_purchased_captures_what_the_receipt_says() {
    let mut scene = Scene::at("on-site");
    let photo = Some(scene.photo());
    let buy = |total: i64, photo| Command::Purchase { total: Cents(total), photo };
    assert_eq!(code(scene.by(scene.runner, &buy(0, photo))), "invalid_field");
    assert_eq!(code(scene.by(scene.runner, &buy(2301, photo))), "above_approved");
    assert_eq!(code(scene.by(scene.runner, &buy(FOOD.0, None))), "photo_needed");
    assert_eq!(code(scene.by(scene.customer, &buy(FOOD.0, photo))), "not_allowed");
    scene.by(scene.runner, &buy(FOOD.0, photo)).unwrap();
    assert_eq!((scene.order().charged, scene.order().collection), (K, Collection::Collecting));
    assert_eq!(scene.balance(Account::Escrow(scene.order)), K, "before the gateway answers");
    assert_eq!(armed(&scene), ["DELIVERY_REMINDER", "ESCROW_TIMEOUT"]);
    assert!(scene.by(scene.runner, &buy(FOOD.0, photo)).is_ok(), "again: already so");
    scene.campus.settle();
    assert_eq!((scene.order().collection, scene.campus.gateway().cash()), (Collection::Collected, K));
    scene.holds();
}

#[test]
fn row_18_a_receipt_serves_one_order() {
    let mut scene = Scene::at("purchased");
    let photo = scene.order().stage.bought().unwrap().photo;
    let [customer, runner] = [scene.customer, scene.runner];
    scene.order = scene.campus.place(customer, wish(customer), 2).unwrap();
    scene.campus.settle();
    scene.by(runner, &Command::Accept { runner }).unwrap();
    scene.by(runner, &Command::ArriveOnSite).unwrap();
    assert_eq!(code(scene.by(runner, &Command::Purchase { total: FOOD, photo })), "photo_used");
    scene.holds();
}

#[test]
fn row_19_a_charge_that_fails_leaves_a_debt_and_pays_the_runner() {
    let mut scene = Scene::at_with("completed", Behaviour::DeclinesCapture);
    assert_eq!(scene.order().collection, Collection::Owed);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    assert_eq!(scene.wallet(scene.runner), Cents(2649));
    assert!(told_customer(&scene).contains(&NoticeKind::RenewCard { owed: K }));
    assert!(told_operators(&scene).contains(&NoticeKind::RenewCard { owed: K }));
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO, "what was blocked is let go");
    scene.holds();
}

#[test]
fn row_20_collected_and_on_the_way() {
    let mut scene = Scene::at("purchased");
    assert_eq!(code(scene.by(scene.runner, &Command::Depart)), "not_in_this_stage");
    scene.by(scene.runner, &Command::Collect).unwrap();
    scene.by(scene.runner, &Command::Collect).unwrap();
    scene.by(scene.runner, &Command::Depart).unwrap();
    scene.by(scene.runner, &Command::Depart).unwrap();
    assert_eq!(told_customer(&scene)[7..], [NoticeKind::Collected, NoticeKind::OnTheWay]);
    scene.campus.advance(45 * MINUTE_MS);
    assert!(scene.order().late);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::Late));
    scene.campus.advance(60 * MINUTE_MS);
    assert_eq!(told_operators(&scene), [NoticeKind::Late]);
    scene.holds();
}

#[test]
fn row_21_the_pin_is_asked_five_times_and_then_a_photo() {
    let mut scene = Scene::at("on-the-way");
    let photo = scene.photo();
    let pin = scene.campus.pin(scene.order);
    let wrong = Command::Deliver { shown: Shown::Pin((pin + 1) % 10_000) };
    let left = Command::Deliver { shown: Shown::Photo(photo) };
    assert_eq!(code(scene.by(scene.runner, &left)), "invalid_field");
    let first = scene.campus.fresh();
    let who = Principal::User(scene.runner);
    for tries in 0..2 {
        let refused = scene.campus.command(who, scene.order, &wrong, first).unwrap_err();
        assert_eq!(refused, Rejection::WrongPin { left: 4 }, "the same command, time {tries}");
    }
    for left in (0..4).rev() {
        assert_eq!(scene.by(scene.runner, &wrong).unwrap_err(), Rejection::WrongPin { left });
    }
    let right = Command::Deliver { shown: Shown::Pin(pin) };
    assert_eq!(code(scene.by(scene.runner, &right)), "photo_needed");
    scene.by(scene.runner, &left).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn row_21_at_the_door_a_photo_is_enough_and_the_customer_may_confirm() {
    let mut scene = Scene::placed_under(figures(), Behaviour::Succeeds, |wish| wish.dropoff.handover = Handover::Door);
    scene.campus.settle();
    scene.go_to("on-the-way");
    let photo = scene.photo();
    scene.by(scene.runner, &Command::Deliver { shown: Shown::Photo(photo) }).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
    let mut scene = Scene::at("on-the-way");
    assert_eq!(code(scene.by_operator(&Command::Confirm)), "not_in_this_stage");
    scene.by(scene.customer, &Command::Confirm).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn row_22_with_a_window_the_release_waits_for_it_or_for_a_confirmation() {
    let policy = Policy { dispute_window_ms: HOUR_MS, ..figures() };
    for confirmed_by in [Some("customer"), Some("operator"), None] {
        let mut scene = Scene::placed_under(policy.clone(), Behaviour::Succeeds, |_| ());
        scene.campus.settle();
        scene.go_to("delivered");
        assert_eq!(armed(&scene), ["DISPUTE_WINDOW", "ESCROW_TIMEOUT"]);
        assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
        match confirmed_by {
            Some("customer") => drop(scene.by(scene.customer, &Command::Confirm).unwrap()),
            Some(_) => drop(scene.by_operator(&Command::Confirm).unwrap()),
            None => scene.campus.advance(HOUR_MS),
        }
        assert_eq!(scene.shows(), "completed");
        assert_eq!((scene.wallet(scene.runner), scene.balance(Account::Revenue)), (Cents(2649), Cents(100)));
        assert_eq!(armed(&scene), ["RATING_WINDOW"]);
        let runner = scene.campus.directory().person(scene.runner).unwrap();
        assert_eq!((runner.slots, runner.runs), (0, 1));
        let version = scene.order().version;
        assert_eq!(scene.by(scene.customer, &Command::Confirm).unwrap().version, version, "complete ‖ complete");
        scene.holds();
    }
}

#[test]
fn row_23_a_release_that_is_refused_stays_delivered_and_is_tried_again() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, 9);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    assert_eq!(scene.shows(), "delivered");
    assert_eq!(told_operators(&scene), [NoticeKind::PaymentDelayed]);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::PaymentDelayed));
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(scene.order().saga.stuck().count(), 1, "after the last try it needs a person");
    assert_eq!(told_operators(&scene).last(), Some(&NoticeKind::StepStuck));
    scene.campus.advance(10 * MINUTE_MS);
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.shows(), "completed");
    assert_eq!(scene.order().saga.stuck().count(), 0);
    scene.holds();
}

#[test]
fn row_24_cancel_from_purchased_on_pays_the_runner_in_full() {
    for status in ["purchased", "collected", "on-the-way"] {
        let mut scene = Scene::at(status);
        let refused = scene.by(scene.customer, &cancel(K.0 - 1)).unwrap_err();
        let Rejection::QuoteChanged { quote } = refused else { panic!("{refused}") };
        assert_eq!((quote.charge, quote.to_runner, quote.to_platform), (K, Cents(2649), Cents(100)));
        scene.by(scene.customer, &cancel(K.0)).unwrap();
        assert_eq!(scene.reason(), Some("customer"));
        assert_eq!(statuses(&scene), (EscrowStatus::Released, PaymentStatus::Released));
        assert_eq!(scene.wallet(scene.runner), Cents(2649));
        assert!(armed(&scene).is_empty());
        scene.holds();
    }
}

#[test]
fn row_27_on_the_fourteenth_day_the_runner_counts_as_gone_and_everything_goes_back() {
    for status in ["purchased", "collected", "on-the-way"] {
        let mut scene = Scene::at(status);
        scene.campus.advance(13 * DAY_MS);
        assert_eq!((scene.shows().as_str(), scene.order().overdue_days), (status, 13));
        scene.campus.advance(DAY_MS);
        assert_eq!(scene.reason(), Some("runner_abandoned"));
        assert_eq!(statuses(&scene), (EscrowStatus::Refunded, PaymentStatus::Refunded));
        assert_eq!((scene.wallet(scene.runner), scene.wallet(scene.customer)), (Cents::ZERO, Cents::ZERO));
        assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
        scene.holds();
    }
}

#[test]
fn row_27_a_refund_that_cannot_reach_the_card_stays_in_the_wallet() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesRefund);
    scene.campus.advance(14 * DAY_MS);
    assert_eq!(scene.wallet(scene.customer), K);
    let kept = NoticeKind::RefundKeptInWallet { cents: K };
    assert!(told_customer(&scene).contains(&kept) && told_operators(&scene).contains(&kept));
    scene.holds();
}

#[test]
fn row_27_a_refund_of_what_was_never_charged_is_set_against_the_debt() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.campus.advance(14 * DAY_MS);
    assert_eq!(scene.campus.ledger().debt(scene.customer), Cents::ZERO);
    assert_eq!((scene.wallet(scene.customer), scene.campus.gateway().cash()), (Cents::ZERO, Cents::ZERO));
    scene.holds();
}

#[test]
fn row_32c_each_side_rates_once_and_both_are_published_together() {
    let mut scene = Scene::at("completed");
    let rate = |stars| Command::Rate { stars };
    assert_eq!(code(scene.by(scene.customer, &rate(6))), "invalid_field");
    scene.by(scene.customer, &rate(5)).unwrap();
    assert!(scene.by(scene.customer, &rate(5)).is_ok(), "again: already so");
    assert_eq!(code(scene.by(scene.customer, &rate(4))), "already_rated");
    assert!(!scene.order().ratings.published);
    assert_eq!(scene.campus.directory().person(scene.runner).unwrap().rated_as_runner, (0, 0));
    scene.by(scene.runner, &rate(3)).unwrap();
    assert!(scene.order().ratings.published);
    assert!(armed(&scene).is_empty());
    assert_eq!(scene.campus.directory().person(scene.runner).unwrap().rated_as_runner, (1, 5));
    assert_eq!(scene.campus.directory().person(scene.customer).unwrap().rated_as_customer, (1, 3));
    scene.holds();
}

#[test]
fn row_32c_when_the_window_closes_what_is_there_is_published() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &Command::Rate { stars: 4 }).unwrap();
    scene.campus.advance(7 * DAY_MS);
    assert!(scene.order().ratings.published);
    assert_eq!(scene.campus.directory().person(scene.runner).unwrap().rated_as_runner, (1, 4));
    assert_eq!(code(scene.by(scene.runner, &Command::Rate { stars: 4 })), "too_late");
    scene.holds();
}

#[test]
fn row_33_a_late_authorisation_is_let_go() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    scene.by(scene.customer, &cancel(0)).unwrap();
    scene.campus.settle();
    let yes = Answer::Authorized { cents: H, capture_before: scene.campus.now().plus(DAY_MS) };
    scene.campus.answered(scene.order, 1, yes.clone());
    scene.campus.settle();
    assert!(told_operators(&scene).contains(&NoticeKind::LateChargeReturned { cents: Cents::ZERO }));
    let records = scene.campus.journal().len();
    scene.campus.answered(scene.order, 1, yes);
    assert_eq!(scene.campus.journal().len(), records, "told twice, done once");
    assert_eq!(scene.transfers(), "");
    scene.holds();
}

#[test]
fn row_33_a_late_yes_after_a_no_is_let_go_too() {
    let mut scene = Scene::available_with(Behaviour::Declines(Decline::Declined));
    let yes = Answer::Authorized { cents: H, capture_before: scene.campus.now().plus(DAY_MS) };
    scene.campus.answered(scene.order, 1, yes);
    assert!(scene.order().has_open_call(), "the reversal");
    scene.campus.settle();
    assert!(!scene.order().has_open_call());
    scene.holds();
}

#[test]
fn row_33_a_late_charge_is_sent_back() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    scene.campus.answered(scene.order, 2, Answer::Captured { cents: K });
    assert_eq!(scene.balance(Account::Gateway), -K);
    assert!(told_customer(&scene).contains(&NoticeKind::LateChargeReturned { cents: K }));
    scene.campus.answered(scene.order, 4, Answer::Refunded { cents: K });
    assert_eq!((scene.balance(Account::Gateway), scene.wallet(scene.customer)), (Cents::ZERO, Cents::ZERO));
    assert_eq!(scene.campus.ledger().debt(scene.customer), K, "what is owed stays owed");
    scene.holds();
}

#[test]
fn row_36_the_bank_asks_and_the_customer_answers() {
    let mut scene = Scene::available_with(Behaviour::AsksCustomer);
    assert!(scene.order().action_url.is_some());
    assert_eq!(armed(&scene), ["PAYMENT_ACTION"]);
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::PaymentActionRequired));
    scene.campus.advance(14 * MINUTE_MS);
    let again = Answer::ActionRequired { url: "https://bank.example/other".into() };
    scene.campus.answered(scene.order, 1, again);
    let due = scene.order().armed(TimerKind::PaymentAction).unwrap().due;
    assert_eq!(due, scene.order().terms.placed_at.plus(15 * MINUTE_MS), "a second link buys no time");
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
fn row_37_an_order_for_later_waits_for_its_time() {
    let mut scene = Scene::placed(Behaviour::Succeeds);
    let mut later = wish(scene.customer);
    later.deliver_after = Some(scene.campus.now().plus(5 * HOUR_MS));
    scene.order = scene.campus.place(scene.customer, later, 2).unwrap();
    scene.campus.settle();
    assert_eq!(scene.order().stage.placement(), Some("waiting"));
    assert_eq!(armed(&scene), ["BOARD_OPEN", "PAYMENT_AUTHORIZATION_EXPIRY"]);
    let runner = scene.runner;
    assert_eq!(code(scene.by(runner, &Command::Accept { runner })), "not_in_this_stage");
    scene.campus.advance(5 * HOUR_MS - 45 * MINUTE_MS);
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(armed(&scene), ["ORDER_TIMEOUT", "PAYMENT_AUTHORIZATION_EXPIRY", "ESCROW_TIMEOUT"]);
    scene.by(runner, &Command::Accept { runner }).unwrap();
    scene.holds();
}

#[test]
fn row_38_an_authorisation_about_to_run_out_ends_the_order() {
    let expire = Command::ScheduledDue { kind: TimerKind::PaymentAuthorizationExpiry };
    for (status, charge) in [("pending", Cents::ZERO), ("accepted", Cents::ZERO), ("on-site", X)] {
        let mut scene = Scene::at(status);
        let id = scene.campus.fresh();
        scene.campus.command(Principal::System, scene.order, &expire, id).unwrap();
        scene.campus.settle();
        assert_eq!((scene.reason(), scene.order().charged), (Some("authorization_expired"), charge), "{status}");
        assert_eq!(scene.wallet(scene.runner), charge);
        assert_eq!(scene.campus.gateway().cash(), charge);
        assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
        scene.holds();
    }
    let mut scene = Scene::at("purchased");
    let id = scene.campus.fresh();
    assert_eq!(code(scene.campus.command(Principal::System, scene.order, &expire, id)), "not_in_this_stage");
}

#[test]
fn row_39_after_a_day_an_unfinished_order_is_looked_at() {
    let policy = Policy {
        order_timeout_ms: 3 * DAY_MS,
        runner_idle_ms: 3 * DAY_MS,
        dispute_window_ms: 3 * DAY_MS,
        ..figures()
    };
    let ends = [
        ("pending", Some("no_runner_timeout")),
        ("accepted", Some("no_runner_timeout")),
        ("on-site", Some("runner_abandoned")),
        ("purchased", None),
        ("delivered", None),
    ];
    for (status, reason) in ends {
        let mut scene = Scene::placed_under(policy.clone(), Behaviour::Succeeds, |_| ());
        scene.campus.settle();
        scene.go_to(status);
        scene.campus.advance(DAY_MS);
        assert_eq!(scene.reason(), reason, "{status}");
        match status {
            "purchased" => assert_eq!(scene.order().overdue_days, 1),
            "delivered" => assert_eq!(scene.shows(), "completed"),
            _ => assert_eq!(scene.campus.gateway().cash(), Cents::ZERO),
        }
        scene.holds();
    }
}

#[test]
fn row_39_at_delivered_a_refused_release_is_looked_at_every_day() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, u32::MAX);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    scene.campus.advance(2 * DAY_MS + SECOND_MS);
    assert_eq!((scene.shows().as_str(), scene.order().overdue_days), ("delivered", 2));
    scene.holds();
}

#[test]
fn an_order_that_nobody_but_the_gateway_can_help_still_ends_when_it_helps() {
    let mut scene = Scene::available_with(Behaviour::DownFor(3));
    scene.campus.advance(MINUTE_MS);
    scene.go_to("completed");
    assert_eq!(scene.order().collection, Collection::Collecting);
    scene.campus.advance(HOUR_MS);
    assert_eq!(scene.order().collection, Collection::Collected);
    assert_eq!(scene.campus.gateway().cash(), K);
    assert!(matches!(scene.order().stage, Stage::Completed(..)));
    scene.holds();
}
