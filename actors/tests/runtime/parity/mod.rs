//! The runtime and the domain's single-threaded campus are given the same commands in the same order, at the same times
//! and with the same gateway: they write the same records, and refuse for the same reasons.
//!
//! What only one of them draws is left out of the comparison: the sequence (streams interleave freely in a runtime, so
//! records are compared stream by stream) and the command ids of gateway and timers.

mod records;
mod steps;
mod twins;

use campusg_domain::{
    record::Events,
    time::{DAY_MS, HOUR_MS},
};
use std::collections::BTreeMap;
use twins::Twins;

/// Random sequences of commands.
const SEQUENCES: u64 = 220;
/// Commands of one sequence.
const COMMANDS: u64 = 24;
async fn run(seeds: std::ops::Range<u64>) {
    let mut twins = Twins::new(seeds.start).await;
    let sequences = seeds.end - seeds.start;
    for _ in seeds {
        twins.last = None;
        twins.place().await;
        for _ in 0..COMMANDS {
            twins.step().await;
        }
        twins.pass(3 * HOUR_MS).await;
    }
    twins.pass(15 * DAY_MS).await;
    twins.campus.verify().unwrap();
    assert_eq!(twins.model.book().cash(), twins.campus.gateway().cash());
    let idle = twins
        .house
        .until_actors("nothing under way", |actors| actors.reservations == 0)
        .await;
    assert_eq!(idle.open_calls, twins.campus.calls().len());
    assert_eq!(idle.timers.0, twins.campus.timetable().armed());
    let records: usize = twins.compared.values().sum();
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    for entry in twins.campus.journal() {
        let Events::Order(of_record) = &entry.record.events else {
            continue;
        };
        for event in of_record {
            // A theme holds the event that is meant.
            let name = format!("{event:?}");
            let mut names = name.split(['(', ')', ' ', '{']);
            let theme = names.next().unwrap();
            let within = name[theme.len()..].starts_with('(');
            let name = names.next().filter(|_| within).unwrap_or(theme);
            *events.entry(name.into()).or_default() += 1;
        }
    }
    assert!(
        records as u64 > 30 * sequences,
        "{sequences} sequences, {records} records"
    );
    assert!(
        twins.refusals.len() >= 12,
        "too few rules were met: {:?}",
        twins.refusals
    );
    for wanted in [
        "Completed",
        "Cancelled",
        "Unbound",
        "LateAuthorization",
        "CollectFailed",
        "Refunded",
        "Overdue",
        "Rated",
    ] {
        assert!(events.contains_key(wanted), "{wanted} never happened");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_writes_what_the_campus_writes_when_release_is_at_once() {
    run(0..SEQUENCES / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_writes_what_the_campus_writes_with_a_dispute_window() {
    run(SEQUENCES / 2 + 1..SEQUENCES + 1).await;
}
