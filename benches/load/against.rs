//! Compares this build with another one. Both serve side by side and are measured in turns, so that other work of the
//! machine affects both.
//!
//! Must not: judge. It prints ratios and their median.

use crate::{
    Fault,
    common::{self, machine, table::Table},
    figures::Figures,
    run::{Plan, Subject, measure},
    server::{self, System},
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The other build, and how many pairs of measurements are made.
#[derive(Clone, Debug)]
pub struct Against {
    /// The path of the other build's program.
    pub program: PathBuf,
    /// How often both builds are measured.
    pub pairs: usize,
}

/// The figures of the two builds at one number of connections, in one pair.
struct Compared {
    connections: usize,
    today: Figures,
    other: Figures,
}

impl Compared {
    /// Lifecycles per second of this build over those of the other: above 1 is faster.
    fn rate(&self) -> f64 {
        self.today.rate() / self.other.rate()
    }

    /// The 99th percentile of placing with this build over that with the other: above 1 is slower.
    fn place(&self) -> f64 {
        self.today.place_p99() / self.other.place_p99()
    }
}

/// Measures all pairs and prints the report.
///
/// # Errors
/// The first error.
pub async fn run(against: &Against, plan: &Plan) -> Result<(), Fault> {
    let mut compared = vec![];
    for pair in 0..against.pairs {
        common::say(format_args!("pair {} of {}", pair + 1, against.pairs))?;
        compared.extend(measure_pair(&against.program, plan, pair).await?);
    }
    report(against, plan, &compared)
}

/// Starts both builds on empty folders and measures them. The order changes from pair to pair.
async fn measure_pair(program: &Path, plan: &Plan, pair: usize) -> Result<Vec<Compared>, Fault> {
    let scratch = common::scratch()?;
    let mut systems = [
        (System::Campusg, server::program()),
        (System::Other, program),
    ];
    systems.rotate_left(pair % 2);
    let mut subjects = vec![];
    for (system, program) in systems {
        let data = scratch.path().join(system.name());
        subjects.push(Subject::product(system, program, &data, plan.most_connections()).await?);
    }
    let figures = measure(subjects, plan).await?;
    let of = |system, connections| {
        let mut all = figures.iter();
        all.find(|one| (one.system, one.connections) == (system, connections))
    };
    let compared = plan.connections.iter().filter_map(|connections| {
        Some(Compared {
            connections: *connections,
            today: of(System::Campusg, *connections)?.clone(),
            other: of(System::Other, *connections)?.clone(),
        })
    });
    Ok(compared.collect())
}

fn report(against: &Against, plan: &Plan, compared: &[Compared]) -> Result<(), Fault> {
    common::say(format_args!("\n{}", machine::line()))?;
    common::say(format_args!(
        "today's build against {}, {} s each, {} pairs\n",
        against.program.display(),
        plan.measure.as_secs_f64(),
        against.pairs
    ))?;
    let mut table = Table::new([
        "connections",
        "lifecycles/s today",
        "other",
        "ratio",
        "place p99 ms today",
        "other",
        "ratio",
    ]);
    let mut medians = vec![];
    for connections in plan.connections.iter().copied() {
        let of_these = || {
            let all = compared.iter();
            all.filter(move |one| one.connections == connections)
        };
        for one in of_these() {
            table.row(row(one));
        }
        let (rate, place) = (
            median(of_these().map(Compared::rate)),
            median(of_these().map(Compared::place)),
        );
        table.row([
            format!("{connections}, median"),
            String::new(),
            String::new(),
            format!("{rate:.3}"),
            String::new(),
            String::new(),
            format!("{place:.3}"),
        ]);
        medians.push(json!({ "connections": connections, "rate": rate, "place_p99": place }));
    }
    common::say(table)?;
    let pairs: Vec<Value> = compared.iter().map(to_json).collect();
    common::keep(
        "against",
        json!({ "other": against.program, "medians": medians, "pairs": pairs }),
    )?;
    Ok(())
}

fn row(one: &Compared) -> [String; 7] {
    [
        one.connections.to_string(),
        format!("{:.0}", one.today.rate()),
        format!("{:.0}", one.other.rate()),
        format!("{:.3}", one.rate()),
        format!("{:.2}", one.today.place_p99()),
        format!("{:.2}", one.other.place_p99()),
        format!("{:.3}", one.place()),
    ]
}

fn to_json(one: &Compared) -> Value {
    json!({
        "today": one.today.to_json(),
        "other": one.other.to_json(),
        "rate": one.rate(),
        "place_p99": one.place(),
    })
}

/// Returns the median; for an even number of values the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (None, _) => f64::NAN,
        (Some(value), 1) => *value,
        (Some(value), _) => f64::midpoint(*value, values[middle - 1]),
    }
}
