//! What reading a body costs, at most, in memory. The measured test runs alone in a process: others would allocate beside it.

#![allow(clippy::unwrap_used, reason = "a test may end here")]
#![allow(clippy::print_stdout, reason = "the figures are the result")]

use super::{body, fingerprint};
use crate::{
    dto::{
        Nothing, admin::ScheduleIn, dispute::DisputeIn, order::NewOrderIn, store::NewStoreIn,
        user::NoticeIn,
    },
    fingerprint::of_json,
};
use axum::http::HeaderMap;
use peak_alloc::PeakAlloc;
use serde::de::DeserializeOwned;
use std::{env, hint::black_box, process::Command};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const NAME: &str = "call::peak::v5_json_costs_at_most_1_mib_and_8_times_its_size";
const ALONE: &str = "CAMPUSG_TEST_ALONE";
const KIB: usize = 1_024;
/// The largest body that is no photo.
const LARGEST: usize = 64 * KIB;

/// As many of these parts as fit between the two ends.
fn filled(begin: &str, part: impl Fn(usize) -> String, end: &str) -> Vec<u8> {
    let mut text = begin.to_owned();
    for n in 0.. {
        let part = part(n);
        if text.len() + part.len() + end.len() > LARGEST {
            break;
        }
        text.push_str(&part);
    }
    text.push_str(end);
    text.into_bytes()
}

/// Values, each for wherever any JSON may stand, whose tree would take many times their size: how one begins, what it has
/// many of, and how it ends.
type Shape = (
    &'static str,
    &'static str,
    fn(usize) -> String,
    &'static str,
);

const SHAPES: [Shape; 10] = [
    ("deep lists", "", |_| "[".into(), ""),
    ("deep objects", "", |_| "{\"a\":".into(), ""),
    ("small objects", "[", |_| "{\"\":0},".into(), "{}]"),
    ("small lists", "[", |_| "[],".into(), "[]]"),
    ("numbers", "[", |_| "1e9,".into(), "0]"),
    ("many keys", "{", |n| format!("\"{n:x}\":0,"), "\"z\":0}"),
    ("a long text", "\"", |_| "a".into(), "\""),
    ("escapes", "\"", |_| "\\u00e9".into(), "\""),
    ("pairs of escapes", "\"", |_| "\\ud83c\\udf72".into(), "\""),
    ("a long key", "{\"", |_| "\\u00e9".into(), "\":0}"),
];

/// [`peak`] of one type of body.
type Reader = fn(&[u8]) -> (usize, bool);

fn bodies() -> Vec<(String, Vec<u8>)> {
    let id = "01a217b7-52fe-7203-92a3-d28abbc7ce7b";
    let within = [
        ("the body", String::new(), ""),
        (
            "a payload",
            format!(
                "{{\"event_type\":\"BOARD_OPEN\",\"entity_id\":\"{id}\",\"scheduled_time\":\"2099-01-01T00:00:00Z\",\"payload\":"
            ),
            "}",
        ),
        (
            "data",
            format!("{{\"user_id\":\"{id}\",\"title\":\"T\",\"message\":\"M\",\"data\":"),
            "}",
        ),
        ("an unknown field", "{\"colour\":".into(), "}"),
    ];
    let mut bodies = vec![];
    for (place, before, after) in &within {
        for (what, begin, part, end) in SHAPES {
            let (begin, end) = (format!("{before}{begin}"), format!("{end}{after}"));
            bodies.push((format!("{what} as {place}"), filled(&begin, part, &end)));
        }
    }
    let item = |n: usize| format!("{{\"name\":\"{n}\",\"quantity\":1,\"unit_price_cents\":1}},");
    let last = "{\"name\":\"é\",\"quantity\":1,\"unit_price_cents\":1}],\"dropoff\":{\"building\":\"H\",\"handover\":\"pin\"}}";
    let begin = "{\"store\":{\"name\":\"N\",\"place\":\"P\"},\"items\":[";
    bodies.push(("items".into(), filled(begin, item, last)));
    let photo = |_: usize| format!("\"{id}\",");
    let begin = "{\"reason\":\"R\",\"photo_ids\":[";
    bodies.push((
        "photos".into(),
        filled(begin, photo, &format!("\"{id}\"]}}")),
    ));
    let span =
        |_: usize| "{\"weekday\":\"monday\",\"from\":\"08:00\",\"to\":\"12:00\"},".to_owned();
    let last = "{\"weekday\":\"sunday\",\"from\":\"08:00\",\"to\":\"12:00\"}]}";
    let begin = "{\"name\":\"N\",\"place\":\"P\",\"hours\":[";
    bodies.push(("hours".into(), filled(begin, span, last)));
    bodies
}

/// The most that is allocated at once, beside the body, while it is hashed and read; and whether it is such a body.
fn peak<T: DeserializeOwned>(bytes: &[u8]) -> (usize, bool) {
    let headers = HeaderMap::new();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    black_box(fingerprint("POST /api/orders", &of_json(bytes)));
    let read = body::<T>(&headers, bytes);
    (MEMORY.peak_usage() - before, read.is_ok())
}

#[test]
fn v5_json_costs_at_most_1_mib_and_8_times_its_size() {
    if env::var_os(ALONE).is_none() {
        let mut alone = Command::new(env::current_exe().unwrap());
        let alone = alone.args(["--exact", NAME, "--nocapture"]).env(ALONE, "1");
        let done = alone.output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout);
        println!("{told}");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.success() && told.contains("1 passed"),
            "{told}{said}"
        );
        return;
    }
    // What is made once, and kept.
    peak::<Nothing>(b"{}");
    let readers: [(&str, Reader); 6] = [
        ("nothing", peak::<Nothing>),
        ("an order", peak::<NewOrderIn>),
        ("a scheduled event", peak::<ScheduleIn>),
        ("a notice", peak::<NoticeIn>),
        ("a dispute", peak::<DisputeIn>),
        ("a store", peak::<NewStoreIn>),
    ];
    let mut taken = [0; 6];
    for (what, bytes) in bodies() {
        let (most, of) = readers
            .iter()
            .zip(&mut taken)
            .map(|((reader, peak), taken)| {
                let (peak, is_read) = peak(&bytes);
                *taken += usize::from(is_read);
                (peak, *reader)
            })
            .max()
            .unwrap();
        let size = bytes.len();
        println!("{what}: {size} bytes, {most} more at most, read as {of}");
        assert!(size + most <= KIB * KIB + 8 * size, "{what}");
    }
    assert!(taken[1..].iter().all(|taken| *taken > 0), "{taken:?}");
}
