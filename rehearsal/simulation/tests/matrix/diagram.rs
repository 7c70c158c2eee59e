//! The README's state diagram: drawn from what the order does, at every stage, on every command, timer and answer.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::{
    common::{K, Scene, figures},
    principals,
    stages::{STAGES, at, commands},
};
use campusg_domain::{
    call::Decline,
    id::{CommandId, OrderId, Principal},
    order::{Command, Ending, Order, Role},
    timer::TimerKind,
};
use campusg_simulation::{Behaviour, Simulation};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// The states in the order of the lifecycle: the stages with nothing over them.
fn states() -> impl Iterator<Item = &'static str> {
    STAGES.into_iter().filter(|stage| !stage.contains(','))
}

/// How often a timer is fired until it has done all it ever does.
const FIRINGS: usize = 16;

/// What leads from one state to another.
#[derive(Default)]
struct Edges(BTreeMap<(usize, usize), BTreeSet<String>>);

impl Edges {
    fn add(&mut self, before: &Order, after: &Order, cause: String) {
        let [from, to] = [state(before), state(after)];
        if from != to {
            self.0.entry((from, to)).or_default().insert(cause);
        }
    }

    /// Mermaid, one edge per pair of states.
    fn draw(&self) -> String {
        let names: Vec<String> = states().map(|state| state.replace('-', "_")).collect();
        let mut text = "stateDiagram-v2\n".to_owned();
        for (name, state) in names
            .iter()
            .zip(states())
            .filter(|(name, state)| name != state)
        {
            writeln!(text, "    {name}: {state}").unwrap();
        }
        writeln!(text, "    [*] --> {}: place (customer)", names[0]).unwrap();
        for ((from, to), causes) in &self.0 {
            let causes: Vec<&str> = causes.iter().map(String::as_str).collect();
            let label = causes.join(", ");
            writeln!(text, "    {} --> {}: {label}", names[*from], names[*to]).unwrap();
        }
        for state in ["completed", "cancelled"] {
            writeln!(text, "    {state} --> [*]").unwrap();
        }
        text
    }
}

fn state(order: &Order) -> usize {
    let status = order.status().as_str();
    let shown = order.stage.placement().unwrap_or(status);
    states().position(|state| state == shown).unwrap()
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Runner | Role::FormerRunner | Role::Stranger => "runner",
        Role::Operator => "operator",
        Role::System | Role::Gateway => "system",
    }
}

fn commanded(edges: &mut Edges, scene: &Scene, people: &[(Role, Principal)]) {
    for (role, who) in people {
        // A timer is drawn under its own name.
        let told = commands(scene, *who)
            .into_iter()
            .filter(|command| !command.name().ends_with("_due"));
        for command in told.flat_map(|command| [everything_back(&command), command]) {
            let mut campus = scene.campus.clone();
            let done = campus.command(*who, scene.order, &command, CommandId(1));
            if let Ok(after) = done {
                let cause = format!("{} ({})", command.name(), name(*role));
                edges.add(scene.order(), &after, cause);
            }
        }
    }
}

/// The same judgement, with all of the charge for the customer.
fn everything_back(command: &Command) -> Command {
    let mut command = command.clone();
    match &mut command {
        Command::Resolve { refund, .. }
        | Command::Settle {
            ending: Ending::Divide { refund, .. },
            ..
        } => *refund = K,
        _ => {}
    }
    command
}

/// Fires each armed timer, again and again, until it has led somewhere else.
fn fired(edges: &mut Edges, scene: &Scene) {
    for kind in scene.order().timers.keys() {
        let (mut campus, order) = (scene.campus.clone(), scene.order);
        for _ in 0..FIRINGS {
            if !fire(&mut campus, order, *kind) {
                break;
            }
            campus.settle();
            let after = campus.order(order).unwrap();
            if state(after) != state(scene.order()) {
                edges.add(scene.order(), after, kind.as_str().into());
                break;
            }
        }
    }
}

fn fire(campus: &mut Simulation, order: OrderId, kind: TimerKind) -> bool {
    let armed = campus.order(order).unwrap().armed(kind);
    let Some(generation) = armed.map(|armed| armed.generation) else {
        return false;
    };
    let (due, id) = (Command::TimerDue { kind, generation }, campus.fresh());
    campus.command(Principal::System, order, &due, id).is_ok()
}

/// What the gateway's first answer does to an order, or that there is none, per kind of card.
fn answered(edges: &mut Edges) {
    for (card, cause) in [
        (Behaviour::Succeeds, "authorised (gateway)"),
        (Behaviour::Declines(Decline::Declined), "declined (gateway)"),
    ] {
        let mut scene = Scene::placed_under(figures(), card, |_| ());
        let before = scene.order().clone();
        scene.campus.settle();
        edges.add(&before, scene.order(), cause.into());
    }
    let placed = Scene::placed(Behaviour::Succeeds);
    let waiting = at("waiting");
    edges.add(
        placed.order(),
        waiting.order(),
        "authorised, for later (gateway)".into(),
    );
    for card in [Behaviour::AsksCustomer, Behaviour::DownFor(20)] {
        fired(edges, &Scene::available_with(card));
    }
}

fn drawn() -> String {
    let mut edges = Edges::default();
    for stage in STAGES {
        let mut scene = at(stage);
        let people = principals(&mut scene);
        commanded(&mut edges, &scene, &people);
        fired(&mut edges, &scene);
    }
    answered(&mut edges);
    edges.draw()
}

#[test]
fn the_readme_shows_the_states_as_they_are() {
    let readme = include_str!("../../../../README.md");
    let drawn = format!("```mermaid\n{}```", drawn());
    assert!(readme.contains(&drawn), "README.md should hold\n{drawn}");
}
