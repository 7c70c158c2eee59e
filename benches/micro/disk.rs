//! Measures the parts that wait for the disk, and the passes over a whole journal.

use crate::{
    Fault, common,
    harness::{Timing, time_each},
    story::{Story, Town},
};
use campusg_domain::{
    id::{Stream, UserId},
    order::Order,
    record::Entry,
};
use campusg_storage::{
    OpenOptions, StorageConfig, Store,
    codec::{decode_record, encode_record},
    disk::RealDisk,
    journal::{Journal, JournalOptions, RawRecord, RecordTag, verify},
    rebuild::rebuild,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    time::Instant,
};

/// An arbitrary time for the headers of groups.
const NOW_MS: u64 = 1_767_312_000_000;
/// How many lifecycles the measured journal has.
const LIFECYCLES: u64 = 10_000;
/// How many it has in a rehearsal.
const FEW: u64 = 10;
/// How often each pass is repeated.
const WALKS: usize = 3;

fn open(folder: &Path) -> Result<Journal, Fault> {
    Ok(Journal::open(RealDisk::shared(), folder, JournalOptions::default())?.journal)
}

fn encoded(entry: &Entry) -> (RecordTag, Vec<u8>) {
    let mut payload = vec![];
    let tag = encode_record(&entry.record, &mut payload);
    (tag, payload)
}

/// Measures a group of one record and one of 64, each with its `fdatasync`.
///
/// # Errors
/// Any fault of the journal.
pub fn append(story: &Story) -> Result<Vec<Timing>, Fault> {
    let calls = if common::is_rehearsal() { 1 } else { 2_000 };
    let scratch = common::scratch()?;
    let mut journal = open(scratch.path())?;
    let (tag, payload) = encoded(&story.pages[2].1);
    let record = RawRecord {
        tag,
        payload: &payload,
    };
    let mut timings = vec![];
    for count in [1, 64] {
        let group = vec![record; count];
        let bytes = usize::try_from(journal.append(&group, NOW_MS)?.bytes)?;
        let name = format!("append + fdatasync: a group of {count}");
        let timing = time_each(name, calls, || journal.append(&group, NOW_MS).map(drop))?;
        timings.push(timing.of_bytes(bytes));
    }
    Ok(timings)
}

/// The speed of a pass over a journal.
#[derive(Clone, Debug)]
pub struct Rate {
    /// The name of the pass.
    pub name: &'static str,
    /// How many records it has read.
    pub records: u64,
    /// Records per second: slowest, median, fastest.
    pub per_second: [f64; 3],
}

impl Rate {
    /// Returns the figures for the JSON file.
    pub fn to_json(&self) -> Value {
        let [slowest, median, fastest] = self.per_second.map(f64::round);
        json!({ "name": self.name, "records": self.records, "slowest": slowest, "median": median, "fastest": fastest })
    }

    fn of(
        name: &'static str,
        records: u64,
        mut walk: impl FnMut() -> Result<u64, Fault>,
    ) -> Result<Self, Fault> {
        let mut rates = vec![];
        for _ in 0..WALKS {
            let began = Instant::now();
            let walked = walk()?;
            rates.push(walked as f64 / began.elapsed().as_secs_f64());
            if walked != records {
                return Err(format!("{name}: {walked} records of {records}").into());
            }
        }
        rates.sort_unstable_by(f64::total_cmp);
        Ok(Self {
            name,
            records,
            per_second: [rates[0], rates[WALKS / 2], rates[WALKS - 1]],
        })
    }
}

/// Measures the passes: checking the chain, decoding, folding the orders in memory, and building both snapshot
/// stores.
///
/// # Errors
/// Any fault of the store.
pub fn rebuild_rates() -> Result<Vec<Rate>, Fault> {
    let scratch = common::scratch()?;
    let data = scratch.path().join("data");
    let config = StorageConfig::default();
    let town = lived_in();
    let store = Store::open(&data, &config, OpenOptions::new(|| NOW_MS))?.store;
    for user in people(&town) {
        store.vault().create(user)?;
    }
    store.close()?;
    let records = write(&town, &data.join("journal"))?;
    let reader = || Ok::<_, Fault>(open(&data.join("journal"))?.reader());
    Ok(vec![
        Rate::of("verify the chain", records, || {
            Ok(verify(&reader()?, |_| {})?.records)
        })?,
        Rate::of("read and decode", records, || {
            let mut count = 0;
            for stored in reader()?.read_from(1) {
                let stored = stored?;
                std::hint::black_box(decode_record(stored.tag, &stored.payload)?);
                count += 1;
            }
            Ok(count)
        })?,
        Rate::of("… and fold the orders", records, || {
            let (mut orders, mut count) = (HashMap::<Stream, Option<Order>>::new(), 0);
            for stored in reader()?.read_from(1) {
                let stored = stored?;
                let record = decode_record(stored.tag, &stored.payload)?;
                if matches!(record.stream, Stream::Order(_)) {
                    Order::fold(
                        orders.entry(record.stream).or_default(),
                        campusg_domain::id::Seq(stored.seq),
                        &record,
                    );
                }
                count += 1;
            }
            Ok(count)
        })?,
        Rate::of("rebuild both stores", records, || {
            Ok(rebuild(&data, &config, OpenOptions::new(|| NOW_MS))?.folded)
        })?,
    ])
}

/// Returns a simulation after whole lifecycles.
fn lived_in() -> Town {
    let lifecycles = if common::is_rehearsal() {
        FEW
    } else {
        LIFECYCLES
    };
    let mut town = Town::new();
    for n in 0..lifecycles {
        let order = town.place(n);
        for command in town.way(order) {
            town.give(order, &command);
        }
    }
    town
}

/// Returns everybody who has registered. A folder without their keys would be refused.
fn people(town: &Town) -> BTreeSet<UserId> {
    let streams = town
        .campus
        .journal()
        .iter()
        .map(|entry| entry.record.stream);
    let users = streams.filter_map(|stream| match stream {
        Stream::User(user) => Some(user),
        _ => None,
    });
    users.collect()
}

/// Writes the journal of a simulation and returns its number of records.
fn write(town: &Town, folder: &Path) -> Result<u64, Fault> {
    const GROUP: usize = 64;
    let mut journal = open(folder)?;
    for entries in town.campus.journal().chunks(GROUP) {
        let payloads: Vec<_> = entries.iter().map(encoded).collect();
        let group: Vec<_> = payloads
            .iter()
            .map(|(tag, payload)| RawRecord { tag: *tag, payload })
            .collect();
        journal.append(&group, NOW_MS)?;
    }
    Ok(town.campus.journal().len() as u64)
}
