//! Photos that prove something: whatever an order once referred to serves no other order.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::PhotoId,
    money::Cents,
    order::{Command, Offer, Problem, ProposalKind, Shown},
    rejection::Rejection,
    time::MINUTE_MS,
};
use campusg_simulation::Behaviour;

mod common;
use common::{Scene, figures, seen::code, wish, words};

fn purchase(photo: PhotoId) -> Command {
    Command::Purchase {
        total: Cents(2150),
        photo: Some(photo),
    }
}

fn sold_out(photo: PhotoId) -> Command {
    let offer = Offer {
        kind: ProposalKind::SoldOut,
        total: None,
        items: vec![],
        photo,
    };
    Command::Propose { offer, note: None }
}

fn problem(kind: Problem, photo: PhotoId) -> Command {
    Command::ReportProblem {
        kind,
        photo: Some(photo),
        note: None,
    }
}

fn dispute(photos: Vec<PhotoId>) -> Command {
    Command::Dispute {
        claim: None,
        reason: words(),
        photos,
    }
}

/// A second order of the same people, at the store.
fn second(scene: &Scene) -> Scene {
    let mut campus = scene.campus.clone();
    let order = campus
        .place(scene.customer, wish(scene.customer), 2)
        .unwrap();
    campus.settle();
    let mut second = Scene {
        campus,
        order,
        ..scene.clone()
    };
    second.go_to("on-site");
    second
}

/// Every command of the second order that shows this photo is refused, wherever it fits.
fn is_taken(scene: &Scene, photo: PhotoId) {
    let mut at_the_store = second(scene);
    let runner = at_the_store.runner;
    let taken = |scene: &mut Scene, command: &Command| {
        let refused = scene.by(scene.runner, command).map(drop);
        assert_eq!(refused, Err(Rejection::PhotoUsed), "{command:?}");
    };
    taken(&mut at_the_store, &sold_out(photo));
    taken(&mut at_the_store, &purchase(photo));
    taken(&mut at_the_store, &problem(Problem::Other, photo));
    let mut at_the_door = at_the_store.clone();
    at_the_door.go_to("on-the-way");
    at_the_door.report_no_show();
    at_the_door.campus.advance(7 * MINUTE_MS);
    taken(&mut at_the_door, &problem(Problem::Returned, photo));
    let deliver = Command::Deliver {
        shown: Shown::Photo(photo),
    };
    taken(&mut at_the_door, &deliver);
    let fresh = at_the_door.photo();
    let returned = problem(Problem::Returned, fresh);
    at_the_door.by(runner, &returned).unwrap();
    let customer = at_the_door.customer;
    let fresh = at_the_door.photo();
    let claimed = at_the_door.by(customer, &dispute(vec![fresh, photo]));
    assert_eq!(code(claimed), "photo_used");
    at_the_door.by(customer, &dispute(vec![fresh])).unwrap();
    let reply = Command::Reply {
        dispute: 1,
        text: words(),
        photos: vec![photo],
    };
    taken(&mut at_the_door, &reply);
    at_the_door.holds();
}

#[test]
fn what_a_proposal_a_receipt_a_problem_or_a_door_once_showed_serves_no_second_order() {
    let mut scene = Scene::placed_under(figures(), Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("on-site");
    let runner = scene.runner;
    let [offer, receipt, noted, door] = [(); 4].map(|()| scene.photo());
    scene.by(runner, &sold_out(offer)).unwrap();
    let back = Command::Withdraw { proposal: 1 };
    scene.by(runner, &back).unwrap();
    scene.by(runner, &purchase(receipt)).unwrap();
    scene.by(runner, &problem(Problem::Other, noted)).unwrap();
    scene.go_to("on-the-way");
    scene.report_no_show();
    scene.campus.advance(7 * MINUTE_MS);
    let left = Command::Deliver {
        shown: Shown::Photo(door),
    };
    scene.by(runner, &left).unwrap();
    for photo in [offer, receipt, noted, door] {
        is_taken(&scene, photo);
    }
}

#[test]
fn what_a_dispute_once_showed_serves_no_second_order() {
    let mut scene = Scene::at("completed");
    let [claimed, replied] = [(); 2].map(|()| scene.photo());
    let (customer, runner) = (scene.customer, scene.runner);
    scene.by(customer, &dispute(vec![claimed])).unwrap();
    let reply = Command::Reply {
        dispute: 1,
        text: words(),
        photos: vec![replied],
    };
    scene.by(runner, &reply).unwrap();
    for photo in [claimed, replied] {
        is_taken(&scene, photo);
    }
}

#[test]
fn the_receipt_shows_neither_the_door_nor_that_the_food_came_back() {
    let mut scene = Scene::at("on-the-way");
    let receipt = scene.order().stage.bought().unwrap().photo.unwrap();
    scene.report_no_show();
    scene.campus.advance(7 * MINUTE_MS);
    let runner = scene.runner;
    let returned = problem(Problem::Returned, receipt);
    assert_eq!(code(scene.by(runner, &returned)), "photo_used");
    let left = Command::Deliver {
        shown: Shown::Photo(receipt),
    };
    assert_eq!(code(scene.by(runner, &left)), "photo_used");
}
