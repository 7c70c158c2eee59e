//! What a lifecycle costs: records, bytes of the journal, writes to the snapshot store.

use crate::common::{House, Settings};
use campusg_domain::id::{OrderId, Stream};
use futures_util::{StreamExt, stream};
use std::collections::HashMap;

const LIFECYCLES: usize = 1_000;
/// Customers, each with a runner, at work at the same time.
const PAIRS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lifecycle_costs_nine_records_three_kibibytes_and_six_snapshot_writes() {
    let mut settings = Settings::default();
    // As in production: a checkpoint each second.
    settings.storage.checkpoint_ms = 1_000;
    let house = House::with(settings).await;
    let mut pairs = vec![];
    for n in 0..PAIRS {
        pairs.push((house.customer(&format!("c{n}"), "tok_visa").await, house.runner(&format!("r{n}")).await));
    }
    let before = house.actors().await;
    let house = &house;
    let all: Vec<OrderId> = stream::iter(pairs)
        .map(|(customer, runner)| async move {
            let mut orders = vec![];
            for _ in 0..LIFECYCLES / PAIRS {
                let order = house.place(customer).await.id;
                house.carry_out(runner, order).await;
                orders.push(order);
            }
            orders
        })
        .buffer_unordered(PAIRS)
        .concat()
        .await;
    house.until_actors("all charged", |actors| actors.open_calls == 0 && actors.reservations == 0).await;
    let count = all.len();
    let mut records: HashMap<OrderId, usize> = HashMap::new();
    for entry in house.all_records().await {
        if let Stream::Order(order) = entry.record.stream {
            *records.entry(order).or_default() += 1;
        }
    }
    assert!(all.iter().all(|order| records[order] == 9), "{:?}", records.values().max());
    let after = house.actors().await;
    let bytes = (after.journal.bytes - before.journal.bytes) / count as u64;
    assert!(bytes <= 3 * 1024, "{bytes} bytes of the journal per lifecycle");
    let each = (after.snapshot_writes - before.snapshot_writes) as f64 / count as f64;
    println!("{count} lifecycles: {bytes} bytes and {each:.2} snapshot writes each");
    assert!(each <= 6.0, "{each} writes to the snapshot stores per lifecycle");
}
