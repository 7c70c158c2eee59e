//! How a charge is divided, with the figures of the lifecycle: K = 2749, p = 100.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::{Context, Decider};
use crate::{
    call::CardToken,
    id::{CommandId, OrderId, Principal, UserId},
    money::Cents,
    order::{
        Approach, Assignment, Bought, Dropoff, Handover, Item, Order, Placement, Release, Stage,
        StoreRef, Substitution, terms,
    },
    policy::Policy,
    rejection::Rejection,
    stream::Meta,
    time::At,
    vote::{Granted, VoteRequest, Votes},
};
use std::sync::Arc;

fn on_the_way(policy: &Policy) -> Order {
    let item = Item {
        name: "Bowl".into(),
        quantity: 2,
        unit_price: Cents(1000),
        substitution: Substitution::Ask,
    };
    let wish = Placement {
        customer: UserId::from_bytes([1; 16]),
        store: StoreRef::Described {
            name: "Shop".into(),
            place: "Street".into(),
        },
        items: vec![item],
        dropoff: Dropoff {
            building: "Library".into(),
            details: None,
            handover: Handover::Pin,
        },
        tip: Cents(200),
        deliver_after: None,
    };
    let terms = terms(&wish, CardToken("card".into()), policy, At(0)).unwrap();
    let assignment = Assignment {
        runner: UserId::from_bytes([2; 16]),
        epoch: 1,
        accepted_at: At(0),
    };
    let bought = Bought {
        food: Cents(2150),
        photo: None,
        at: At(0),
    };
    let order = Order::placed(OrderId::from_bytes([3; 16]), &Arc::new(terms));
    Order {
        stage: Stage::OnTheWay(assignment, bought, Approach::default()),
        ..order
    }
}

/// The division where `owed` of the `to_runner` cents pays the runner's debt.
fn divided(refund: i64, to_runner: i64, owed: i64) -> Result<Release, Rejection> {
    let policy = Policy {
        platform_fee_cents: Cents(100),
        ..Policy::default()
    };
    let order = on_the_way(&policy);
    let assignment = *order.stage.assignment().unwrap();
    let release = VoteRequest::Release {
        order: order.id,
        cents: Cents(2749),
    };
    let set_off = VoteRequest::SetOff {
        user: assignment.runner,
        cents: Cents(to_runner),
    };
    let votes = Votes::Cast(vec![
        (release, Ok(Granted::Granted)),
        (set_off, Ok(Granted::SetOff(Cents(owed)))),
    ]);
    let meta = Meta::own(Principal::System, CommandId(1), "test");
    let context = Context {
        meta: &meta,
        now: At(1),
        policy: &policy,
        votes: &votes,
        pin: 0,
    };
    Decider {
        order: &order,
        context: &context,
        role: order.role(Principal::System),
    }
    .release_of(Cents(refund))
}

#[test]
fn a_release_divides_the_charge_to_the_cent() {
    let table = [
        // back to C, debt of R → R, platform, set off
        (0, 0, 2649, 100, 0),
        (0, 351, 2649, 100, 351),
        (1000, 0, 1649, 100, 0),
        (1000, 2649, 1649, 100, 1649),
        (2700, 0, 0, 49, 0),
        (2749, 0, 0, 0, 0),
    ];
    for (refund, owed, to_runner, to_platform, set_off) in table {
        let expected = Release {
            to_runner: Cents(to_runner),
            to_platform: Cents(to_platform),
            to_customer: Cents(refund),
            set_off: Cents(set_off),
        };
        assert_eq!(divided(refund, to_runner, owed), Ok(expected));
    }
}
