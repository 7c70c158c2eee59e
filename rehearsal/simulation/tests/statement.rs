//! What an order did to its people's money, line by line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::Answer,
    id::UserId,
    money::{Account, Cents},
    order::{Command, Fault},
    owner::wallet::{LineKind, Shows},
    text::Sealed,
    time::{DAY_MS, MINUTE_MS},
};

use campusg_simulation::Behaviour;

mod common;
use common::{K, Scene, X};

fn lines(scene: &Scene, user: UserId) -> Vec<(LineKind, i64)> {
    let lines = scene.campus.statement(user, scene.order);
    lines.iter().map(|line| (line.kind, line.cents.0)).collect()
}

#[test]
fn statement_of_a_delivered_order() {
    use LineKind::{CardCharged, DeliveryFee, Food, PlatformFee, Tip};
    let scene = Scene::at("completed");
    assert_eq!(
        lines(&scene, scene.runner),
        [
            (Food, 2150),
            (DeliveryFee, 399),
            (Tip, 200),
            (PlatformFee, -100)
        ]
    );
    assert_eq!(
        lines(&scene, scene.customer),
        [
            (Food, -2150),
            (DeliveryFee, -399),
            (Tip, -200),
            (CardCharged, 2749)
        ]
    );
    assert_eq!(lines(&scene, scene.rival), []);
}

#[test]
fn statement_of_a_lost_trip_and_of_food_that_came_back() {
    use LineKind::{CardCharged, CardRefunded, Compensation, DeliveryFee, Food, Refund, Tip};
    let mut scene = Scene::at("accepted");
    scene.campus.advance(5 * MINUTE_MS);
    let cancel = common::seen::cancel(X.0);
    scene.by(scene.customer, &cancel).unwrap();
    scene.campus.settle();
    assert_eq!(lines(&scene, scene.runner), [(Compensation, 199)]);
    assert_eq!(
        lines(&scene, scene.customer),
        [(Compensation, -199), (CardCharged, 199)]
    );
    let mut scene = Scene::at("purchased");
    scene.campus.advance(14 * DAY_MS);
    assert_eq!(lines(&scene, scene.runner), []);
    assert_eq!(
        lines(&scene, scene.customer),
        [
            (Food, -2150),
            (DeliveryFee, -399),
            (Tip, -200),
            (CardCharged, 2749),
            (Refund, 2749),
            (CardRefunded, -2749)
        ]
    );
}

#[test]
fn statement_of_a_late_charge_that_goes_back() {
    use LineKind::{CardCharged, CardRefunded, DeliveryFee, Food, Tip};
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    let answers = [
        (2, Answer::Captured { cents: K }),
        (4, Answer::Refunded { cents: K }),
    ];
    for (call, answer) in answers {
        scene.campus.answered(scene.order, call, answer);
    }
    assert_eq!(
        lines(&scene, scene.customer),
        [
            (Food, -2150),
            (DeliveryFee, -399),
            (Tip, -200),
            (CardCharged, 2749),
            (CardRefunded, -2749)
        ]
    );
    assert_eq!(lines(&scene, scene.runner), []);
    scene.holds();
}

#[test]
fn statement_of_a_runner_who_owes_and_of_a_customer_whom_that_is_no_business_of() {
    use LineKind::{CardCharged, DebtPaid, DeliveryFee, Food, PlatformFee, SetOff, Tip};
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    let (owes, runs) = (scene.customer, scene.runner);
    scene.campus.activate_runner(owes).unwrap();
    scene.campus.set_card(runs, Behaviour::Succeeds).unwrap();
    scene.order = scene.campus.place(runs, common::wish(runs), 2).unwrap();
    scene.campus.settle();
    (scene.customer, scene.runner) = (runs, owes);
    scene.go_to("completed");
    assert_eq!(
        lines(&scene, scene.runner),
        [
            (Food, 2150),
            (DeliveryFee, 399),
            (Tip, 200),
            (PlatformFee, -100),
            (SetOff, -2649),
            (DebtPaid, 2649)
        ]
    );
    assert_eq!(
        lines(&scene, scene.customer),
        [
            (Food, -2150),
            (DeliveryFee, -399),
            (Tip, -200),
            (CardCharged, 2749)
        ]
    );
    scene.holds();
}

#[test]
fn statement_of_a_later_tip_a_goodwill_refund_and_a_dispute() {
    use LineKind::{CardCharged, CardRefunded, Dispute, Goodwill, Tip};
    let mut scene = Scene::at("completed");
    scene
        .by(scene.customer, &Command::Tip { cents: Cents(300) })
        .unwrap();
    scene.campus.settle();
    let reason = || Sealed(vec![1]);
    let refund = Command::Refund {
        cents: Cents(500),
        reason: reason(),
    };
    scene.by_operator(&refund).unwrap();
    scene.campus.settle();
    let claim = Command::Dispute {
        claim: Some(Cents(1000)),
        reason: reason(),
        photos: vec![],
    };
    scene.by(scene.customer, &claim).unwrap();
    let judged = Command::Resolve {
        dispute: 1,
        refund: Cents(1000),
        at_fault: Fault::Runner,
        reason: reason(),
    };
    scene.by_operator(&judged).unwrap();
    scene.campus.settle();
    assert_eq!(
        lines(&scene, scene.runner)[4..],
        [(Tip, 300), (Dispute, -1000)]
    );
    assert_eq!(
        lines(&scene, scene.customer)[4..],
        [
            (Tip, -300),
            (CardCharged, 300),
            (Goodwill, 500),
            (CardRefunded, -500),
            (Dispute, 1000),
            (CardRefunded, -1000)
        ]
    );
    scene.holds();
}

#[test]
fn receipt_names_the_transfers_of_its_side_and_the_photos_of_the_way() {
    let scene = Scene::at("completed");
    for user in [scene.customer, scene.runner, scene.rival] {
        let receipt = scene.campus.receipt(user, scene.order);
        assert_eq!(receipt.lines, scene.campus.statement(user, scene.order));
        let into = |account: Account| matches!(account, Account::Payable(of) | Account::Receivable(of) if of == user);
        let moved = receipt.transfers.iter().map(|(_, _, transfer)| {
            let signs = i64::from(into(transfer.credit)) - i64::from(into(transfer.debit));
            transfer.cents.0 * signs
        });
        let lines = receipt.lines.iter().map(|line| line.cents.0);
        assert_eq!(
            moved.sum::<i64>(),
            lines.sum::<i64>(),
            "the transfers make the lines"
        );
        for (id, at, transfer) in &receipt.transfers {
            let entry = &scene.campus.journal()[usize::try_from(id.seq.0).unwrap() - 1];
            assert_eq!(entry.seq, id.seq);
            assert_eq!(entry.record.at, *at);
            assert_eq!(entry.record.money[usize::from(id.place)], *transfer);
        }
    }
    let photos = scene.campus.receipt(scene.runner, scene.order).photos;
    assert_eq!(
        photos.iter().map(|(_, shows)| *shows).collect::<Vec<_>>(),
        [Shows::Receipt]
    );
}
