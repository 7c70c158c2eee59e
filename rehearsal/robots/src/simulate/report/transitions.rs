//! The report's section on transitions: which of the lifecycle have happened, and how often.

use campusg_domain::transitions::{Met, TRANSITIONS};
use campusg_simulation::Simulation;

pub(super) fn met(simulation: &Simulation) -> String {
    let mut met = Met::default();
    simulation
        .journal()
        .iter()
        .for_each(|entry| met.fold(entry));
    let mut text = format!(
        "TRANSITIONS MET: {} of {}\n",
        met.met().len(),
        TRANSITIONS.len()
    );
    let times = TRANSITIONS.iter().filter(|it| met.times(it.id) > 0);
    let times = times.map(|it| format!("{}:{}", it.id, met.times(it.id)));
    for line in times.collect::<Vec<_>>().chunks(10) {
        text.push_str(&format!("  {}\n", line.join("  ")));
    }
    for missing in met.missing() {
        text.push_str(&format!("  not met: {}, {}\n", missing.id, missing.says));
    }
    text
}
