//! Every stage × every command × every role, as one table: a new stage or a changed rule shows up in review.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::Answer,
    campus::{Behaviour, Campus},
    id::{CommandId, OrderId, PhotoId, Principal},
    money::Cents,
    order::{
        Command, Ending, Fault, Offer, Order, Problem, ProposalKind, Role, Shown, Stage, StoreRef,
        TimerKind, allowed,
    },
    policy::Policy,
    record::Events,
    time::{HOUR_MS, MINUTE_MS},
};
use std::fmt::Write;

mod common;
use common::{
    FOOD, Scene, X, figures,
    seen::{cancel, dispute, hold},
    two_items, wish, words,
};

const ROLES: [Role; 7] = [
    Role::Customer,
    Role::Runner,
    Role::FormerRunner,
    Role::Operator,
    Role::System,
    Role::Gateway,
    Role::Stranger,
];

const STAGES: [&str; 20] = [
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
    "delivered, disputed",
    "completed, disputed",
];

/// A scene at the stage, five minutes later, where the rival had the order before the runner.
fn at(stage: &str) -> Scene {
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
            "disputed" => drop(scene.by(customer, &dispute(None)).unwrap()),
            other => panic!("what is {other}?"),
        }
    }
}

/// Every command, with arguments that fit if any do.
fn commands(scene: &Scene, who: Principal) -> Vec<Command> {
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
        Command::Reassign,
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
    ]
}

/// What the command does to a copy of the campus: its facts, `=` for already so, or the refusal's code.
fn outcome(
    campus: &Campus,
    order: OrderId,
    who: Principal,
    command: &Command,
) -> Result<String, &'static str> {
    let mut copy = campus.clone();
    copy.command(who, order, command, CommandId(1))
        .map_err(|refused| refused.code())?;
    let Some(entry) = copy.journal().get(campus.journal().len()) else {
        return Ok("=".into());
    };
    let Events::Order(events) = &entry.record.events else {
        panic!("an order's record")
    };
    let names = events.iter().map(|event| format!("{event:?}"));
    let names = names.map(|name| name.split([' ', '(', '{']).next().unwrap().to_owned());
    let facts: Vec<String> = names.filter(|name| name != "Step").collect();
    Ok(facts.join("+"))
}

fn principals(scene: &mut Scene) -> [(Role, Principal); 7] {
    let stranger = scene.campus.register();
    scene.campus.activate_runner(stranger).unwrap();
    let [customer, runner, rival, operator] =
        [scene.customer, scene.runner, scene.rival, scene.operator];
    ROLES.map(|role| {
        let principal = match role {
            Role::Customer => Principal::User(customer),
            Role::Runner => Principal::User(runner),
            Role::FormerRunner => Principal::User(rival),
            Role::Operator => Principal::Operator(operator),
            Role::System => Principal::System,
            Role::Gateway => Principal::Gateway,
            Role::Stranger => Principal::User(stranger),
        };
        (role, principal)
    })
}

#[test]
fn every_stage_command_and_role() {
    let mut text = String::new();
    for stage in STAGES {
        let mut scene = at(stage);
        let people = principals(&mut scene);
        writeln!(text, "{stage}").unwrap();
        for i in 0..commands(&scene, Principal::System).len() {
            write_row(&mut text, &scene, &people, i);
        }
    }
    insta::assert_snapshot!("stage_command_role", text);
}

/// One line per outcome, with the roles that get it, so that a row of refusals stays one line.
fn write_row(text: &mut String, scene: &Scene, people: &[(Role, Principal)], i: usize) {
    let mut outcomes: Vec<(String, Vec<String>)> = vec![];
    for (role, who) in people {
        let command = &commands(scene, *who)[i];
        let known = scene.order().role(*who);
        let found = outcome(&scene.campus, scene.order, *who, command)
            .unwrap_or_else(|code| format!("✗ {code}"));
        let name = if known == *role {
            format!("{role:?}")
        } else {
            format!("{role:?} as {known:?}")
        };
        match outcomes.iter_mut().find(|(other, _)| *other == found) {
            Some((_, roles)) => roles.push(name),
            None => outcomes.push((found, vec![name])),
        }
    }
    let name = commands(scene, Principal::System)[i].name();
    for (found, roles) in outcomes {
        writeln!(text, "  {name:<21}{found:<44}{}", roles.join(", ")).unwrap();
    }
}

/// What `allowed` says at the scene's time.
fn may(scene: &Scene, order: &Order, role: Role) -> Vec<&'static str> {
    allowed(order, role, scene.campus.policy(), scene.campus.now())
}

#[test]
fn allowed_transitions_are_those_that_take_effect() {
    for stage in STAGES {
        let mut scene = at(stage);
        for (_, who) in principals(&mut scene) {
            let role = scene.order().role(who);
            if matches!(role, Role::System | Role::Gateway) {
                assert!(may(&scene, scene.order(), role).is_empty());
                continue;
            }
            let takes_effect = |command: &Command| {
                outcome(&scene.campus, scene.order, who, command).is_ok_and(|facts| facts != "=")
            };
            let mut done: Vec<&str> = commands(&scene, who)
                .iter()
                .filter(|command| takes_effect(command))
                .map(Command::name)
                .collect();
            let mut said = may(&scene, scene.order(), role);
            done.sort_unstable();
            said.sort_unstable();
            assert_eq!(said, done, "{stage}, {role:?}");
        }
    }
}

#[test]
fn steps_of_placing_in_which_no_order_rests_allow_what_authorizing_allows() {
    let scene = at("authorizing");
    for stage in [Stage::Holding, Stage::Scheduling] {
        let order = Order {
            stage,
            ..scene.order().clone()
        };
        for role in ROLES {
            assert_eq!(may(&scene, &order, role), may(&scene, scene.order(), role));
        }
    }
}
