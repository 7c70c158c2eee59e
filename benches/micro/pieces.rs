//! Measures the pure parts: decide, fill, check, encode, decode, fold.

use crate::{
    harness::{Timing, time},
    story::{RECORDS, Story},
};
use campusg_domain::{
    id::{CommandId, Principal},
    invariant::check_order,
    order::{Command, Context, Header, Order, decide, fill},
    record::{Events, Record},
    stream::Meta,
    time::At,
    vote::{Granted, VoteRequest, Votes},
};
use campusg_storage::codec::{decode_record, encode, encode_record};

/// The index of the accept among the records.
const ACCEPTED: usize = 2;

/// Measures all parts.
pub fn run(story: &Story) -> Vec<Timing> {
    let mut timings = vec![decide_accept(story)];
    timings.extend((0..RECORDS.len()).map(|n| fill_and_encode(story, n)));
    timings.push(check(story));
    timings.push(decode(story));
    timings.push(evolve(story));
    timings.push(snapshot(story));
    timings
}

fn decide_accept(story: &Story) -> Timing {
    let order = story.pages[ACCEPTED].0.as_deref();
    let command = Command::Accept {
        runner: story.runner,
    };
    let votes = Votes::Cast(vec![(
        VoteRequest::RunnerSlot {
            runner: story.runner,
        },
        Ok(Granted::Granted),
    )]);
    let meta = Meta {
        keyed: true,
        ..Meta::own(Principal::User(story.runner), CommandId(1), "accept")
    };
    let context = Context {
        meta: &meta,
        now: order.map_or(At(0), |order| order.last_at),
        policy: &story.policy,
        votes: &votes,
        pin: 0,
    };
    assert!(
        decide(order, &command, &context).is_ok_and(|events| !events.is_empty()),
        "the accept is decided"
    );
    time("decide: accept", || decide(order, &command, &context))
}

/// Returns the events of a record with the command's meta data, as they are after the decision.
fn decided(record: &Record) -> (&[campusg_domain::order::Event], Meta) {
    let meta = Meta {
        fingerprint: record.fingerprint,
        ..Meta::own(record.principal, record.command, "bench")
    };
    match &record.events {
        Events::Order(events) => (events, meta),
        _ => (&[], meta),
    }
}

const fn header<'a>(record: &Record, meta: &'a Meta) -> Header<'a> {
    let (at, status) = (record.at, record.status);
    Header { at, meta, status }
}

fn fill_and_encode(story: &Story, n: usize) -> Timing {
    let (before, entry) = &story.pages[n];
    let (events, meta) = decided(&entry.record);
    let header = header(&entry.record, &meta);
    let mut out = Vec::with_capacity(4096);
    let name = format!("fill + encode: {}", RECORDS[n]);
    let timing = time(name, || {
        out.clear();
        let filled = fill(
            story.order,
            before.as_deref(),
            events.to_vec(),
            header,
            &story.policy,
        );
        filled.map(|filled| encode_record(&filled.record, &mut out))
    });
    timing.of_bytes(out.len())
}

fn check(story: &Story) -> Timing {
    let (before, entry) = &story.pages[ACCEPTED];
    let (events, meta) = decided(&entry.record);
    let header = header(&entry.record, &meta);
    let filled = fill(
        story.order,
        before.as_deref(),
        events.to_vec(),
        header,
        &story.policy,
    );
    let filled = filled.expect("the accept fills a record");
    time("check the invariants: accepted", || {
        check_order(before.as_deref(), &filled.after, &filled.record)
    })
}

fn decode(story: &Story) -> Timing {
    let mut bytes = vec![];
    let tag = encode_record(&story.pages[ACCEPTED].1.record, &mut bytes);
    time("decode: accepted", || decode_record(tag, &bytes)).of_bytes(bytes.len())
}

fn evolve(story: &Story) -> Timing {
    time("fold an order: all nine records", || {
        let mut order = None;
        story
            .pages
            .iter()
            .for_each(|(_, entry)| Order::fold(&mut order, entry.seq, &entry.record));
        order
    })
}

fn snapshot(story: &Story) -> Timing {
    let order = story.pages.last().and_then(|(before, _)| before.clone());
    let bytes = encode(&order).len();
    time("encode an order's snapshot", || encode(&order)).of_bytes(bytes)
}
