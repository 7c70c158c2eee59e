//! Every stage × every command × every role, as one table: a new stage or a changed rule shows up in review.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::{CommandId, OrderId, Principal},
    order::{Command, Order, Role, Stage, allowed},
    record::Events,
};
use campusg_simulation::Simulation;
use std::fmt::Write;

#[path = "../common/mod.rs"]
mod common;

mod diagram;
mod stages;
use common::{Scene, event_name};
use stages::{STAGES, at, commands};

const ROLES: [Role; 7] = [
    Role::Customer,
    Role::Runner,
    Role::FormerRunner,
    Role::Operator,
    Role::System,
    Role::Gateway,
    Role::Stranger,
];

/// What the command does to a copy of the campus: its facts, `=` for already so, or the refusal's code.
fn outcome(
    campus: &Simulation,
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
    let names = events.iter().map(event_name);
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
            done.dedup();
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
