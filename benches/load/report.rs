//! The tables and the JSON file of the load benchmark.

use crate::{
    Fault,
    bout::ROUND,
    common::{self, machine, table::Table},
    figures::Figures,
    lifecycle::STEPS,
    run::Plan,
    sample::millis,
    server::System,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Prints the progress of the run.
///
/// # Errors
/// An error of standard output.
pub fn progress(figures: Option<&Figures>) -> Result<(), Fault> {
    let Some(Figures {
        system,
        connections,
        lifecycles,
        ..
    }) = figures
    else {
        return Ok(());
    };
    common::say(format_args!(
        "{:>3} connections  {:<8} {lifecycles:>9.1} lifecycles/s",
        connections,
        system.name()
    ))?;
    Ok(())
}

/// Prints the tables and writes the JSON file.
///
/// # Errors
/// Any error of the operating system.
pub fn report(figures: &[Figures], fdatasync: Duration, plan: &Plan) -> Result<(), Fault> {
    common::say(format_args!("\n{}", machine::line()))?;
    common::say(format_args!(
        "closed loop, {} s each in rounds of {} s, after {} s of warm-up; one fdatasync of 512 B: {} ms\n",
        plan.measure.as_secs(),
        ROUND.as_secs(),
        plan.warm_up.as_secs(),
        millis(fdatasync)
    ))?;
    common::say(rates(figures))?;
    common::say(steps(figures))?;
    common::say(writes(figures))?;
    common::say(ratios(figures, plan))?;
    let all: Vec<Value> = figures.iter().map(Figures::to_json).collect();
    let ratios: Vec<Value> = plan
        .connections
        .iter()
        .map(|connections| {
            let to = |system| {
                json!({
                    "by_rate": ratio(figures, *connections, system, Figures::rate),
                    "by_cpu": ratio(figures, *connections, system, Figures::per_cpu_second),
                })
            };
            json!({ "connections": connections, "to_echo": to(System::Echo), "to_append": to(System::Append) })
        })
        .collect();
    let seconds = json!({ "warm_up": plan.warm_up.as_secs(), "measure": plan.measure.as_secs() });
    common::keep(
        "load",
        json!({ "fdatasync_ms": millis(fdatasync), "seconds": seconds, "ratios": ratios, "systems": all }),
    )?;
    Ok(())
}

fn rates(figures: &[Figures]) -> Table {
    let mut table = Table::new([
        "system",
        "connections",
        "lifecycles/s",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs/lifecycle",
        "driver µs/lifecycle",
        "resident MiB",
        "503s",
        "others, cores",
    ]);
    for one in figures {
        table.row([
            one.system.name().to_owned(),
            one.connections.to_string(),
            format!("{:.0}", one.lifecycles),
            format!("{:.0}", one.requests()),
            format!("{:.2}", one.all.0),
            format!("{:.2}", one.all.1),
            format!("{:.0}", one.server_us),
            format!("{:.0}", one.driver_us),
            format!("{:.0}", one.resident_kib as f64 / 1024.0),
            format!("{:.1} %", one.refused * 100.0),
            format!("{:.1}", one.other_cores),
        ]);
    }
    table
}

fn products(figures: &[Figures]) -> impl Iterator<Item = &Figures> {
    figures.iter().filter(|one| one.system == System::Campusg)
}

fn steps(figures: &[Figures]) -> Table {
    let mut head = vec!["campusg, p50 / p99 ms".to_owned()];
    head.extend(STEPS.map(str::to_owned));
    let mut table = Table::default();
    table.row(head);
    for one in products(figures) {
        let mut row = vec![format!("{} connections", one.connections)];
        row.extend(
            one.steps
                .iter()
                .map(|(p50, p99)| format!("{p50:.2} / {p99:.2}")),
        );
        table.row(row);
    }
    table
}

fn writes(figures: &[Figures]) -> Table {
    let mut table = Table::new([
        "campusg, per lifecycle",
        "records",
        "journal bytes",
        "snapshot writes",
        "groups/s",
        "records/group",
        "fold lag",
    ]);
    for one in products(figures) {
        table.row([
            format!("{} connections", one.connections),
            format!("{:.2}", one.records),
            format!("{:.0}", one.bytes),
            format!("{:.2}", one.snapshots),
            format!("{:.0}", one.groups),
            format!("{:.1}", one.lifecycles * one.records / one.groups.max(1.0)),
            one.lag.to_string(),
        ]);
    }
    table
}

fn ratios(figures: &[Figures], plan: &Plan) -> Table {
    let mut table = Table::new([
        "campusg ÷ reference",
        "lifecycles/s ÷ echo",
        "÷ append",
        "by CPU time ÷ echo",
        "÷ append",
    ]);
    for connections in plan.connections.iter().copied() {
        let mut row = vec![format!("{connections} connections")];
        for by in [Figures::rate, Figures::per_cpu_second] {
            for reference in [System::Echo, System::Append] {
                let ratio = ratio(figures, connections, reference, by);
                row.push(ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}")));
            }
        }
        table.row(row);
    }
    table
}

/// Returns the product's figure over that of a reference server, to three decimals.
fn ratio(
    figures: &[Figures],
    connections: usize,
    reference: System,
    by: impl Fn(&Figures) -> f64,
) -> Option<f64> {
    let of = |system| {
        figures
            .iter()
            .find(|one| (one.system, one.connections) == (system, connections))
    };
    let (product, reference) = (of(System::Campusg)?, of(reference)?);
    Some((by(product) / by(reference) * 1e3).round() / 1e3)
}
