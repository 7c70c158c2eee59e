//! A scene at every stage, with every overlay, and every command with arguments that fit if any do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::common::{
    FOOD, Scene, X, figures,
    seen::{cancel, dispute, hold},
    two_items, wish, words,
};
use campusg_domain::{
    call::Answer,
    id::{PhotoId, Principal},
    money::Cents,
    order::{Command, Ending, Fault, Offer, Problem, ProposalKind, Shown, StoreRef},
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::Behaviour;

/// Every stage, and what may lie over it.
pub const STAGES: [&str; 22] = [
    "authorizing",
    "waiting",
    "available",
    "accepted",
    "on-site",
    "purchased",
    "collected",
    "on-the-way",
    "delivered",
    "completed",
    "cancelled",
    "available, held",
    "on-site, price proposed",
    "on-site, store closed",
    "on-site, cancel waits",
    "on-site, cancel waits, held",
    "on-the-way, no show",
    "on-the-way, no show over",
    "on-the-way, wrong PINs",
    "delivered, disputed",
    "delivered, by a photo after wrong PINs",
    "completed, disputed",
];

/// A scene at the stage, five minutes later, where the rival had the order before the runner.
pub fn at(stage: &str) -> Scene {
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, two_items);
    let [rival, customer] = [scene.rival, scene.customer];
    match stage {
        "authorizing" => return scene,
        "waiting" => {
            let mut later = wish(customer);
            later.deliver_after = Some(scene.campus.now().plus(5 * HOUR_MS));
            scene.order = scene.campus.place(customer, later, 2).unwrap();
            scene.campus.settle();
            return scene;
        }
        _ => scene.campus.settle(),
    }
    scene.by(rival, &Command::Accept { runner: rival }).unwrap();
    scene.by(rival, &Command::CancelAcceptance).unwrap();
    match stage {
        "available" | "available, held" => {}
        "cancelled" => {
            scene.go_to("accepted");
            scene
                .by(
                    customer,
                    &Command::Cancel {
                        accept_charge: Cents::ZERO,
                    },
                )
                .unwrap();
        }
        "completed" | "completed, disputed" => {
            scene.go_to("delivered");
            scene.by(customer, &Command::Confirm).unwrap();
        }
        "delivered, by a photo after wrong PINs" => scene.go_to("on-the-way"),
        status => scene.go_to(status.split(", ").next().unwrap()),
    }
    scene.campus.advance(5 * MINUTE_MS);
    lay_over(&mut scene, stage);
    scene
}

/// What lies over the stage.
fn lay_over(scene: &mut Scene, stage: &str) {
    let [customer, runner] = [scene.customer, scene.runner];
    for over in stage.split(", ").skip(1) {
        match over {
            "held" => drop(scene.by_operator(&hold()).unwrap()),
            "price proposed" => {
                let price = scene.propose(ProposalKind::Price, Some(2500));
                scene.by(runner, &price).unwrap();
            }
            "store closed" => {
                let closed = scene.propose(ProposalKind::StoreClosed, None);
                scene.by(runner, &closed).unwrap();
            }
            "cancel waits" => drop(scene.by(customer, &cancel(X.0)).unwrap()),
            "no show" => scene.report_no_show(),
            "no show over" => {
                scene.report_no_show();
                scene.campus.advance(7 * MINUTE_MS);
            }
            "wrong PINs" => scene.shows_wrong_pins(5),
            "by a photo after wrong PINs" => {
                scene.shows_wrong_pins(5);
                scene.shows_a_photo().unwrap();
            }
            "disputed" => drop(scene.by(customer, &dispute(None)).unwrap()),
            other => panic!("what is {other}?"),
        }
    }
}

/// Every command, with arguments that fit if any do.
pub fn commands(scene: &Scene, who: Principal) -> Vec<Command> {
    let pin = Shown::Pin(scene.campus.pin(scene.order));
    let kind = TimerKind::EscrowTimeout;
    vec![
        Command::Place(Box::new(wish(scene.customer))),
        Command::Answered {
            call: 1,
            answer: Answer::Unavailable,
        },
        Command::TimerDue {
            kind,
            generation: 1,
        },
        Command::ScheduledDue { kind },
        Command::Accept {
            runner: who.user().unwrap_or(scene.rival),
        },
        Command::CancelAcceptance,
        Command::Reassign { reason: words() },
        Command::Cancel {
            accept_charge: Cents(10_000),
        },
        Command::ArriveOnSite,
        Command::Purchase {
            total: FOOD,
            photo: Some(PhotoId::from_bytes([9; 16])),
        },
        Command::Collect,
        Command::Depart,
        Command::Deliver { shown: pin },
        Command::Deliver {
            shown: Shown::Photo(PhotoId::from_bytes([7; 16])),
        },
        Command::Confirm,
        Command::Rate { stars: 5 },
    ]
    .into_iter()
    .chain(commands_over(scene))
    .collect()
}

/// Those of proposals, holds, disputes and tips.
fn commands_over(scene: &Scene) -> Vec<Command> {
    let photo = PhotoId::from_bytes([8; 16]);
    let report = |kind, photo| Command::ReportProblem {
        kind,
        photo,
        note: None,
    };
    let ending = if scene.order().stage.bought().is_some() {
        Ending::Divide {
            refund: Cents(1000),
            at_fault: Fault::Runner,
        }
    } else {
        Ending::Trip {
            to_runner: Cents::ZERO,
        }
    };
    vec![
        Command::Propose {
            offer: Offer {
                kind: ProposalKind::SoldOut,
                total: None,
                items: vec![],
                photo,
            },
            note: None,
        },
        Command::Approve { proposal: 1 },
        Command::DropItems {
            proposal: 1,
            items: vec![1],
        },
        Command::OtherStore {
            proposal: 1,
            store: StoreRef::Described {
                name: "Other".into(),
                place: "There".into(),
            },
        },
        Command::Reject { proposal: 1 },
        Command::Withdraw { proposal: 1 },
        Command::Message { text: words() },
        report(Problem::CustomerUnreachable, None),
        report(Problem::Returned, Some(photo)),
        report(Problem::Other, None),
        Command::AnswerNoShow,
        Command::Abandon { reason: words() },
        hold(),
        Command::Unhold { reason: words() },
        Command::Settle {
            ending,
            reason: words(),
        },
        dispute(None),
        Command::Reply {
            dispute: 1,
            text: words(),
            photos: vec![],
        },
        Command::Resolve {
            dispute: 1,
            refund: Cents(1000),
            at_fault: Fault::Runner,
            reason: words(),
        },
        Command::Tip { cents: Cents(300) },
        Command::Refund {
            cents: Cents(100),
            reason: words(),
        },
        Command::RetryStalled { reason: words() },
        Command::SkipStalled { reason: words() },
        Command::CompensateStalled { reason: words() },
    ]
}
