//! The report's section on transitions: which of the lifecycle have happened, and how often.

use campusg_domain::transitions::{Met, TRANSITIONS};
use campusg_simulation::Simulation;

pub(super) fn met(simulation: &Simulation) -> String {
    let mut met = Met::default();
    simulation
        .journal()
        .iter()
        .for_each(|entry| met.fold(entry));
    let mut text = format!("ROWS MET: {} of {}\n", met.met().len(), TRANSITIONS.len());
    let times = TRANSITIONS.iter().filter(|row| met.times(row.id) > 0);
    let times = times.map(|row| format!("{}:{}", row.id, met.times(row.id)));
    for line in times.collect::<Vec<_>>().chunks(10) {
        text.push_str(&format!("  {}\n", line.join("  ")));
    }
    for row in met.missing() {
        text.push_str(&format!("  not met: {}, {}\n", row.id, row.says));
    }
    text
}
