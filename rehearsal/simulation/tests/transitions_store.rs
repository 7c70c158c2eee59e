//! At the store: transitions 14–17, 35 and 38 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, Decline},
    money::{Account, Cents},
    notice::NoticeKind,
    order::{
        Command, EscrowStatus, Order, Outcome, PaymentStatus, Placement, ProposalKind, StoreRef,
        quote,
    },
    owner::directory::{Hours, OpenSpan, StoreChange, StoreCommand},
    policy::Policy,
    record::Entry,
    rejection::Rejection,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    H, K, Scene, X, figures,
    seen::{
        armed, cancel, code, hold, statuses, told_customer, told_operators, told_runner, trip,
        unhold,
    },
    two_items, wish, words,
};

fn on_site(card: Behaviour) -> Scene {
    let mut scene = Scene::placed_under(figures(), card, two_items);
    scene.campus.settle();
    scene.go_to("on-site");
    scene
}

fn proposed(kind: ProposalKind, total: Option<i64>) -> Scene {
    let mut scene = on_site(Behaviour::Succeeds);
    let propose = scene.propose(kind, total);
    scene.by(scene.runner, &propose).unwrap();
    scene
}

fn approve() -> Command {
    Command::Approve { proposal: 1 }
}

fn opens(hours: Hours) -> StoreCommand {
    StoreCommand::Change(StoreChange {
        hours: Some(Some(hours)),
        ..StoreChange::default()
    })
}

fn elsewhere() -> StoreRef {
    StoreRef::Described {
        name: "Other".into(),
        place: "There".into(),
    }
}

fn buy(scene: &mut Scene, total: i64) -> Result<(), Rejection> {
    let photo = Some(scene.photo());
    let buy = Command::Purchase {
        total: Cents(total),
        photo,
    };
    scene.by(scene.runner, &buy).map(drop)
}

#[test]
fn transition_14_a_closed_store_asks_for_another_or_an_end() {
    for (kind, reason) in [
        (ProposalKind::StoreClosed, "store_closed"),
        (ProposalKind::SoldOut, "sold_out"),
    ] {
        let mut scene = proposed(kind, None);
        let told = NoticeKind::Proposed { kind, total: None };
        assert_eq!(told_customer(&scene).last(), Some(&told));
        assert!(armed(&scene).contains(&"PROPOSAL_EXPIRY"));
        assert_eq!(code(buy(&mut scene, 2000)), "proposal_open");
        assert_eq!(
            code(scene.by(scene.customer, &approve())),
            "not_in_this_stage"
        );
        scene.campus.advance(5 * MINUTE_MS);
        assert_eq!(
            (scene.reason(), scene.wallet(scene.runner)),
            (Some(reason), X)
        );
        scene.holds();
    }
}

#[test]
fn transition_14_no_total_belongs_to_a_closed_store_and_one_proposal_is_open_at_most() {
    let mut scene = on_site(Behaviour::Succeeds);
    let wrong = scene.propose(ProposalKind::StoreClosed, Some(2000));
    assert_eq!(code(scene.by(scene.runner, &wrong)), "invalid_field");
    let first = scene.propose(ProposalKind::SoldOut, None);
    scene.by(scene.runner, &first).unwrap();
    scene.by(scene.runner, &first).unwrap();
    assert_eq!(scene.order().proposals, 1, "said twice, done once");
    let second = scene.propose(ProposalKind::SoldOut, None);
    assert_eq!(code(scene.by(scene.runner, &second)), "proposal_open");
    scene.holds();
}

#[test]
fn transition_15_a_price_is_asked_above_what_was_approved_or_where_the_item_says_ask() {
    let mut scene = on_site(Behaviour::Succeeds);
    let refused = |scene: &mut Scene, total| {
        let propose = scene.propose(ProposalKind::Price, total);
        code(scene.by(scene.runner, &propose))
    };
    for total in [None, Some(0), Some(2300), Some(29_402)] {
        assert_eq!(refused(&mut scene, total), "invalid_field", "{total:?}");
    }
    let replaceable = scene.substitute(1, 2000);
    assert_eq!(code(scene.by(scene.runner, &replaceable)), "invalid_field");
    let unknown = scene.substitute(2, 2000);
    assert_eq!(code(scene.by(scene.runner, &unknown)), "invalid_field");
    let asked = scene.substitute(0, 2000);
    assert_eq!(code(scene.by(scene.customer, &asked)), "not_allowed");
    scene.by(scene.runner, &asked).unwrap();
    scene.by(scene.customer, &approve()).unwrap();
    assert_eq!(scene.order().approved_total, Cents(2000));
    assert_eq!(code(buy(&mut scene, 2001)), "above_approved");
    scene.holds();
}

#[test]
fn transition_16_more_than_is_held_needs_a_second_authorisation_first() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.campus.advance(4 * MINUTE_MS);
    scene.by(scene.customer, &approve()).unwrap();
    let due = scene.order().armed(TimerKind::ProposalExpiry).unwrap().due;
    assert_eq!(due, scene.campus.now().plus(5 * MINUTE_MS), "armed anew");
    assert!(scene.order().stage.proposal().is_some(), "open meanwhile");
    let version = scene.order().version;
    scene.by(scene.customer, &approve()).unwrap();
    assert_eq!(scene.order().version, version, "already so");
    scene.campus.settle();
    assert!(scene.order().stage.proposal().is_none());
    assert_eq!(
        (scene.order().approved_total, scene.order().held()),
        (Cents(2500), Cents(3099))
    );
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::ProposalClosed)
    );
    assert!(!armed(&scene).contains(&"PROPOSAL_EXPIRY"));
    scene.by(scene.customer, &approve()).unwrap();
    buy(&mut scene, 2500).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents(3099));
    scene.go_to("completed");
    assert_eq!(scene.wallet(scene.runner), Cents(2999));
    scene.holds();
}

#[test]
fn transition_16_a_second_authorisation_is_rounded_up_to_the_gateways_least() {
    let mut scene = proposed(ProposalKind::Price, Some(2310));
    scene.by(scene.customer, &approve()).unwrap();
    scene.campus.settle();
    assert_eq!(scene.order().held(), H + Cents(50));
    buy(&mut scene, 2310).unwrap();
    scene.campus.settle();
    assert_eq!(
        scene.campus.gateway().cash(),
        Cents(2909),
        "no more than F + D + T"
    );
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

#[test]
fn transition_16_a_refused_second_authorisation_leaves_the_proposal_open() {
    let mut scene = on_site(Behaviour::DeclinesRaise);
    let dear = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &dear).unwrap();
    scene.by(scene.customer, &approve()).unwrap();
    scene.campus.settle();
    let open = scene.order().stage.proposal().cloned().unwrap();
    assert_eq!(
        (open.raise, open.declined),
        (None, Some(Decline::InsufficientFunds))
    );
    let reason = Some(Decline::InsufficientFunds);
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::RaiseFailed { reason })
    );
    let drop = Command::DropItems {
        proposal: 1,
        items: vec![1],
    };
    scene.by(scene.customer, &drop).unwrap();
    scene.by(scene.customer, &drop).unwrap();
    assert_eq!(
        (scene.order().dropped.clone(), scene.order().held()),
        (vec![1], H)
    );
    buy(&mut scene, 1100).unwrap();
    scene.holds();
}

#[test]
fn transition_16_a_hold_above_the_limit_is_let_go_again() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.campus.refuse(AskKind::Raise, 1);
    scene.by(scene.customer, &approve()).unwrap();
    scene.campus.settle();
    assert!(scene.order().stage.proposal().is_some());
    assert_eq!(scene.campus.gateway().blocked(), H);
    scene.holds();
}

#[test]
fn transition_16_the_bank_may_ask_and_a_silent_gateway_gives_up() {
    let mut scene = on_site(Behaviour::Succeeds);
    let dear = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &dear).unwrap();
    scene.by(scene.customer, &approve()).unwrap();
    let url = "https://bank.example/confirm".to_owned();
    scene
        .campus
        .answered(scene.order, 2, Answer::ActionRequired { url });
    assert!(scene.order().action_url.is_some());
    assert!(
        !armed(&scene).contains(&"PAYMENT_ACTION"),
        "the proposal's own time counts"
    );
    let yes = Answer::Authorized {
        cents: Cents(200),
        capture_before: scene.campus.now().plus(DAY_MS),
    };
    scene.campus.answered(scene.order, 2, yes);
    assert_eq!(
        (scene.order().action_url.clone(), scene.order().held()),
        (None, Cents(3099))
    );
    let due = scene
        .order()
        .armed(TimerKind::PaymentAuthorizationExpiry)
        .unwrap()
        .due;
    assert_eq!(
        due,
        scene.campus.now().plus(12 * HOUR_MS),
        "the earliest counts"
    );
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    let due = scene
        .order()
        .armed(TimerKind::PaymentAuthorizationExpiry)
        .unwrap()
        .due;
    assert!(
        due > scene.campus.now().plus(3 * DAY_MS),
        "b is gone, so a counts again"
    );
    scene.holds();

    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.by(scene.customer, &approve()).unwrap();
    for _ in 0..8 {
        scene.campus.answered(scene.order, 2, Answer::Unavailable);
        let retry = Command::ScheduledDue {
            kind: TimerKind::StepRetry,
        };
        let _gone_after_the_last = scene.by_itself(&retry);
    }
    assert!(scene.order().stage.proposal().unwrap().raise.is_none());
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().blocked(), H, "the reversal went out");
    scene.holds();
}

#[test]
fn transition_16_left_out_is_what_is_still_to_be_bought_named_once_and_not_everything() {
    let mut scene = Scene::placed_under(figures(), Behaviour::Succeeds, |wish| {
        two_items(wish);
        wish.items.push(wish.items[1].clone());
    });
    scene.campus.settle();
    scene.go_to("on-site");
    let (customer, runner) = (scene.customer, scene.runner);
    let mut refused = |proposal, items: &[u16]| {
        let items = items.to_vec();
        let drop = Command::DropItems { proposal, items };
        if scene.order().stage.proposal().is_none() {
            let dear = scene.propose(ProposalKind::Price, Some(4000));
            scene.by(runner, &dear).unwrap();
        }
        match scene.by(customer, &drop) {
            Ok(_) => None,
            Err(Rejection::InvalidField { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        }
    };
    let table: [(_, &[u16], Option<&str>); 9] = [
        (1, &[], Some("items")),
        (1, &[0, 1, 2], Some("items")),
        (1, &[3], Some("items[0]")),
        (1, &[1, 1], Some("items[1]")),
        (1, &[1], None),
        (2, &[1], Some("items[0]")),
        (2, &[0, 2], Some("items")),
        (2, &[0, 0], Some("items[1]")),
        (2, &[0], None),
    ];
    for (proposal, items, field) in table {
        let found = refused(proposal, items);
        assert_eq!(found.as_deref(), field, "{proposal} {items:?}");
    }
    scene.holds();
}

#[test]
fn transition_16_a_bank_that_asks_stops_no_retry_of_another_call() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.by(scene.customer, &approve()).unwrap();
    scene.campus.settle();
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    let void = scene.order().calls.keys().copied().max().unwrap();
    scene
        .campus
        .answered(scene.order, void, Answer::Unavailable);
    assert!(armed(&scene).contains(&"STEP_RETRY"));
    scene.go_to("on-site");
    let dear = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &dear).unwrap();
    let approve = Command::Approve { proposal: 2 };
    scene.by(scene.customer, &approve).unwrap();
    let url = "https://bank.example/confirm".to_owned();
    let asks = Answer::ActionRequired { url };
    scene.campus.answered(scene.order, void + 1, asks);
    assert!(scene.order().action_url.is_some());
    assert!(
        armed(&scene).contains(&"STEP_RETRY"),
        "the void waits for it"
    );
    scene.holds();
}

#[test]
fn transition_16_another_store_begins_the_wait_anew_and_must_be_open() {
    let mut scene = proposed(ProposalKind::StoreClosed, None);
    let to = |store| Command::OtherStore { proposal: 1, store };
    let shut = scene.campus.create_store("Shut").unwrap();
    let never = opens(Hours::default());
    scene.campus.store(shut, &never).unwrap();
    let known = to(StoreRef::Known(shut));
    assert_eq!(code(scene.by(scene.customer, &known)), "store_closed");
    scene.campus.advance(4 * MINUTE_MS);
    scene.by(scene.customer, &to(elsewhere())).unwrap();
    scene.by(scene.customer, &to(elsewhere())).unwrap();
    assert_eq!(scene.order().store, elsewhere());
    let due = scene.order().armed(TimerKind::StoreWait).unwrap().due;
    assert_eq!(due, scene.campus.now().plus(20 * MINUTE_MS));
    buy(&mut scene, 2150).unwrap();
    scene.holds();
}

#[test]
fn transition_15_an_order_is_proposed_to_so_often_and_no_more() {
    let mut scene = on_site(Behaviour::Succeeds);
    for n in 1..=50 {
        let propose = scene.propose(ProposalKind::Price, Some(2500));
        scene.by(scene.runner, &propose).unwrap();
        let withdraw = Command::Withdraw { proposal: n };
        scene.by(scene.runner, &withdraw).unwrap();
    }
    let propose = scene.propose(ProposalKind::SoldOut, None);
    let refused = scene.by(scene.runner, &propose).unwrap_err();
    assert_eq!(refused, Rejection::TooManyProposals { limit: 50 });
    buy(&mut scene, 2150).unwrap();
    scene.holds();
}

#[test]
fn transition_16_the_runner_withdraws() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    let withdraw = Command::Withdraw { proposal: 1 };
    scene.by(scene.customer, &approve()).unwrap();
    scene.by(scene.runner, &withdraw).unwrap();
    scene.by(scene.runner, &withdraw).unwrap();
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::ProposalWithdrawn)
    );
    assert_eq!(
        code(scene.by(scene.customer, &approve())),
        "not_in_this_stage"
    );
    let unknown = Command::Approve { proposal: 2 };
    assert_eq!(code(scene.by(scene.customer, &unknown)), "not_found");
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().blocked(), H, "b was given up");
    let yes = Answer::Authorized {
        cents: Cents(200),
        capture_before: scene.campus.now().plus(DAY_MS),
    };
    scene.campus.answered(scene.order, 2, yes);
    assert!(
        told_operators(&scene).contains(&NoticeKind::LateChargeReturned { cents: Cents::ZERO })
    );
    scene.holds();
}

#[test]
fn transition_17_a_no_ends_the_order_by_the_proposals_kind() {
    let kinds = [
        (ProposalKind::Price, Some(2500), "price_rejected"),
        (ProposalKind::StoreClosed, None, "store_closed"),
        (ProposalKind::SoldOut, None, "sold_out"),
    ];
    for (kind, total, reason) in kinds {
        let mut scene = proposed(kind, total);
        let reject = Command::Reject { proposal: 1 };
        scene.by(scene.customer, &reject).unwrap();
        scene.by(scene.customer, &reject).unwrap();
        assert_eq!(
            (scene.reason(), scene.wallet(scene.runner)),
            (Some(reason), X)
        );
        assert_eq!(
            statuses(&scene),
            (EscrowStatus::Split, PaymentStatus::PartiallyRefunded)
        );
        scene.campus.settle();
        assert_eq!(scene.campus.gateway().cash(), X);
        assert!(armed(&scene).is_empty());
        scene.holds();
    }
}

#[test]
fn transition_17_an_unanswered_substitution_drops_the_item_while_others_are_left() {
    let mut scene = on_site(Behaviour::Succeeds);
    let other = scene.substitute(0, 2000);
    scene.by(scene.runner, &other).unwrap();
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(
        (scene.order().dropped.clone(), scene.reason()),
        (vec![0], None)
    );
    buy(&mut scene, 1000).unwrap();
    scene.holds();
    let mut scene = Scene::at("on-site");
    let only = scene.substitute(0, 2000);
    scene.by(scene.runner, &only).unwrap();
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(scene.reason(), Some("sold_out"));
    scene.holds();
}

#[test]
fn transition_16_what_the_customer_agreed_to_stands_on_the_list_until_the_runner_leaves() {
    let mut scene = on_site(Behaviour::Succeeds);
    let other = scene.substitute(0, 2000);
    let Command::Propose { offer, .. } = &other else {
        unreachable!("a proposal")
    };
    let agreed = (0, offer.items[0].offer.clone().unwrap());
    scene.by(scene.runner, &other).unwrap();
    assert_eq!(scene.order().replaced.len(), 0, "asked, not agreed to");
    scene.by(scene.customer, &approve()).unwrap();
    let replaced = |scene: &Scene| Vec::from_iter(scene.order().replaced.clone());
    assert_eq!(replaced(&scene), [agreed]);
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    assert_eq!(
        replaced(&scene),
        [],
        "the next runner finds the list as it was"
    );
    scene.holds();
}

#[test]
fn transition_17_a_second_authorisation_that_comes_after_the_end_is_let_go() {
    let mut scene = on_site(Behaviour::Succeeds);
    let dear = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &dear).unwrap();
    scene.by(scene.customer, &approve()).unwrap();
    scene
        .by_itself(&Command::ScheduledDue {
            kind: TimerKind::ProposalExpiry,
        })
        .unwrap();
    assert_eq!(scene.reason(), Some("price_rejected"));
    scene.campus.settle();
    let yes = Answer::Authorized {
        cents: Cents(200),
        capture_before: scene.campus.now().plus(DAY_MS),
    };
    scene.campus.answered(scene.order, 2, yes);
    scene.campus.settle();
    assert_eq!(
        (
            scene.campus.gateway().blocked(),
            scene.campus.gateway().cash()
        ),
        (Cents::ZERO, X)
    );
    scene.holds();
}

#[test]
fn transitions_10_and_11_let_the_second_authorisation_go() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.by(scene.customer, &approve()).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.ledger().held(scene.order), Cents(3099));
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    assert_eq!(scene.campus.ledger().held(scene.order), H);
    assert_eq!(
        scene.order().approved_total,
        Cents(2300),
        "the cap as at first"
    );
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().blocked(), H);
    scene.holds();
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    assert!(scene.order().stage.proposal().is_none());
    assert!(!armed(&scene).contains(&"PROPOSAL_EXPIRY"));
    scene.holds();
}

#[test]
fn transition_35_a_cancellation_waits_for_the_runner_at_the_till() {
    let quoted = |order: &Order, scene: &Scene| {
        quote(order, scene.campus.policy(), scene.campus.now())
            .unwrap()
            .charge
    };
    let mut scene = Scene::at("on-site");
    assert_eq!(quoted(scene.order(), &scene), X);
    assert_eq!(code(scene.by(scene.customer, &cancel(0))), "quote_changed");
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    let begun = |entry: &&Entry| entry.record.status == 202;
    assert_eq!(scene.campus.journal().iter().filter(begun).count(), 1);
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::CancelWaiting));
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::CancelWaiting)
    );
    let ask = scene.propose(ProposalKind::SoldOut, None);
    assert_eq!(code(scene.by(scene.runner, &ask)), "not_in_this_stage");
    assert_eq!(code(scene.by_operator(&trip(0))), "not_in_this_stage");
    scene.campus.advance(2 * MINUTE_MS);
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("customer"), X)
    );
    scene.holds();
}

#[test]
fn transition_35_the_runner_agrees_or_has_paid() {
    let mut scene = Scene::at("on-site");
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("customer"), X)
    );
    let runner = scene.campus.directory().person(scene.runner).unwrap();
    assert_eq!(runner.cancellations, 0, "agreeing is no fault");
    scene.holds();
    let mut scene = Scene::at("on-site");
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    buy(&mut scene, 2150).unwrap();
    assert!(scene.order().stage.cancel_wait().is_none());
    assert!(!armed(&scene).contains(&"CANCEL_WAIT"));
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::CancelFell { charge: K })
    );
    scene.holds();
}

#[test]
fn transition_35_at_once_while_a_proposal_is_open() {
    let mut scene = proposed(ProposalKind::Price, Some(2500));
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("customer"), X)
    );
    scene.holds();
}

#[test]
fn transition_35_a_wait_that_ends_during_a_hold_takes_effect_at_its_end() {
    let mut scene = Scene::at("on-site");
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    scene.by_operator(&hold()).unwrap();
    scene.campus.advance(HOUR_MS);
    assert_eq!(
        (scene.reason(), scene.order().noted.clone()),
        (None, vec![TimerKind::CancelWait])
    );
    assert_eq!(
        code(scene.by(scene.runner, &Command::CancelAcceptance)),
        "on_hold"
    );
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("customer"), X)
    );
    scene.holds();
}

#[test]
fn transition_38_the_gateway_says_that_an_authorisation_ran_out() {
    let gone = Answer::Declined {
        reason: Decline::Expired,
    };
    for status in ["pending", "accepted"] {
        let mut scene = Scene::at(status);
        let from = scene.campus.journal().len();
        scene.campus.answered(scene.order, 1, gone.clone());
        assert_eq!(scene.reason(), Some("authorization_expired"));
        assert!(
            scene.transfers_from(from).starts_with("expire"),
            "not voided: expired"
        );
        assert!(!scene.order().has_open_call(), "nothing to let go of");
        scene.holds();
    }
    let mut scene = Scene::at("on-site");
    scene.campus.answered(scene.order, 1, gone.clone());
    assert_eq!(scene.reason(), None, "the runner may be at the till");
    scene.campus.advance(2 * MINUTE_MS);
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("authorization_expired"), X)
    );
    scene.holds();
    let mut scene = Scene::at("accepted");
    scene.by_operator(&hold()).unwrap();
    scene.campus.answered(scene.order, 1, gone.clone());
    assert_eq!(scene.reason(), None);
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.reason(), Some("authorization_expired"));
    scene.holds();
    let mut scene = Scene::at("purchased");
    let version = scene.order().version;
    scene.campus.answered(scene.order, 1, gone);
    assert_eq!(scene.order().version, version);
}

#[test]
fn transition_01_a_store_takes_orders_for_times_when_it_is_open() {
    let (mut campus, [customer, ..]) = Scene::people(figures(), Behaviour::Succeeds);
    let store = campus.create_store("Noon").unwrap();
    let thursday = |from_minute, to_minute| OpenSpan {
        weekday: 3,
        from_minute,
        to_minute,
    };
    let set = opens(Hours(vec![thursday(600, 720)]));
    campus.store(store, &set).unwrap();
    let bad = opens(Hours(vec![thursday(720, 600)]));
    assert_eq!(code(campus.store(store, &bad)), "invalid_field");
    let mut there = wish(customer);
    there.store = StoreRef::Known(store);
    assert_eq!(
        code(campus.place(customer, there.clone(), 1)),
        "store_closed"
    );
    there.deliver_after = Some(campus.now().plus(11 * HOUR_MS));
    campus.place(customer, there.clone(), 2).unwrap();
    there.deliver_after = Some(campus.now().plus(12 * HOUR_MS));
    assert_eq!(
        code(campus.place(customer, there.clone(), 3)),
        "store_closed"
    );
    let pause = StoreCommand::Change(StoreChange {
        paused: Some(true),
        ..StoreChange::default()
    });
    campus.store(store, &pause).unwrap();
    there.deliver_after = Some(campus.now().plus(11 * HOUR_MS));
    assert_eq!(code(campus.place(customer, there, 4)), "store_paused");
    campus.verify().unwrap();
    assert_eq!(campus.orders().count(), 1);
    assert_eq!(
        campus.ledger().balance(Account::Gateway).posted,
        Cents::ZERO
    );
}

/// What each card was charged by the captures of the order, in the order of the authorisations.
fn captured(scene: &Scene) -> Vec<i64> {
    let calls = scene.order().calls.values();
    let cents = calls.filter_map(|call| match call.kind {
        CallKind::Capture { cents, .. } => Some(cents.0),
        _ => None,
    });
    cents.collect()
}

#[test]
fn f5_no_card_is_charged_less_than_the_gateway_takes() {
    // 28.99 are held, then 2.00 more: the food of 25.00 costs 30.99 in all.
    for (food, parts) in [
        (2300, vec![2899]),
        (2301, vec![2850, 50]),
        (2349, vec![2898, 50]),
        (2350, vec![2899, 50]),
        (2351, vec![2899, 51]),
        (2500, vec![2899, 200]),
    ] {
        let mut scene = proposed(ProposalKind::Price, Some(2500));
        scene.by(scene.customer, &approve()).unwrap();
        scene.campus.settle();
        buy(&mut scene, food).unwrap();
        scene.campus.settle();
        assert_eq!(captured(&scene), parts, "for food of {food}");
        assert_eq!(scene.order().charged, Cents(food + 599));
        scene.holds();
    }
}

#[test]
fn f5_several_raises_leave_each_card_charge_large_enough() {
    let mut scene = on_site(Behaviour::Succeeds);
    for (proposal, total) in [(1, 2301), (2, 2351)] {
        let price = scene.propose(ProposalKind::Price, Some(total));
        scene.by(scene.runner, &price).unwrap();
        let approve = Command::Approve { proposal };
        scene.by(scene.customer, &approve).unwrap();
        scene.campus.settle();
    }
    assert_eq!(scene.order().held(), Cents(2899 + 50 + 50));
    buy(&mut scene, 2351).unwrap();
    scene.campus.settle();
    assert_eq!(captured(&scene), [2850, 50, 50]);
    scene.holds();
}

#[test]
fn f5_where_delivery_costs_nothing_a_receipt_below_the_least_charge_is_refused() {
    let free = Policy {
        delivery_fee_cents: Cents(0),
        platform_fee_cents: Cents(0),
        trip_compensation_cents: Cents(0),
        ..figures()
    };
    let without_tip = |wish: &mut Placement| wish.tip = Cents(0);
    let mut scene = Scene::placed_under(free.clone(), Behaviour::Succeeds, without_tip);
    scene.campus.settle();
    scene.go_to("on-site");
    let refused = buy(&mut scene, 49).unwrap_err();
    assert!(refused.to_string().contains("from 50 to"), "{refused}");
    buy(&mut scene, 50).unwrap();
    scene.campus.settle();
    assert_eq!(captured(&scene), [50]);
    scene.holds();

    let (mut campus, [customer, ..]) = Scene::people(free, Behaviour::Succeeds);
    for (price, fits) in [(86, false), (87, true)] {
        let mut small = wish(customer);
        small.tip = Cents(0);
        small.items[0].quantity = 1;
        small.items[0].unit_price = Cents(price);
        let placed = campus.place(customer, small, 2);
        assert_eq!(
            placed.is_ok(),
            fits,
            "{price} with a buffer of 15 %: the hold is at least 1.00"
        );
    }
}

#[test]
fn f5_what_is_sent_back_may_be_a_cent() {
    let mut scene = Scene::at("completed");
    let reason = words();
    let cent = Command::Refund {
        cents: Cents(1),
        reason,
    };
    scene.by_operator(&cent).unwrap();
    scene.campus.settle();
    let calls = scene.order().calls.values();
    let sent = calls.filter(|call| call.outcome == Outcome::Succeeded);
    let kinds: Vec<_> = sent.map(|call| call.kind.purpose()).collect();
    assert!(kinds.contains(&"refund"), "{kinds:?}");
    scene.holds();
}
