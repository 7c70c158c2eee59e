//! The pure pieces: decide, fill, check, encode, decode, fold.

use crate::{
    harness::{Timing, time},
    story::{RECORDS, Story},
};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal},
    invariant::check_order,
    order::{Command, Context, Header, Order, decide, fill},
    record::{Events, Record},
    time::At,
    vote::{Granted, VoteRequest, Votes},
};
use campusg_storage::codec::{decode_record, encode, encode_record};

/// Where the accept stands among the records.
const ACCEPTED: usize = 2;

/// Times all of them.
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
    let votes = Votes(vec![(
        VoteRequest::RunnerSlot {
            runner: story.runner,
        },
        Ok(Granted::Granted),
    )]);
    let context = Context {
        principal: Principal::User(story.runner),
        command: CommandId(1),
        fingerprint: Fingerprint(1),
        keyed: true,
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

/// The events of a record with its header, as deciding leaves them.
fn decided(record: &Record) -> (&[campusg_domain::order::Event], Header) {
    let Events::Order(events) = &record.events else {
        return (&[], header(record));
    };
    (events, header(record))
}

const fn header(record: &Record) -> Header {
    let Record {
        at,
        principal,
        command,
        fingerprint,
        status,
        ..
    } = *record;
    Header {
        at,
        principal,
        command,
        fingerprint,
        status,
    }
}

fn fill_and_encode(story: &Story, n: usize) -> Timing {
    let (before, entry) = &story.pages[n];
    let (events, header) = decided(&entry.record);
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
    let (events, header) = decided(&entry.record);
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
