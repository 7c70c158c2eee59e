//! The envelope around a record, and what is refused: newer versions, cuts, bytes too many, lengths
//! that lie, and attributes in the source that lose data.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::fs;
use std::path::{Path, PathBuf};

use campusg_domain::id::{CommandId, Fingerprint, OrderId, Principal, Seq, Stream, UserId};
use campusg_domain::money::{Account, Cents, Phase, Transfer};
use campusg_domain::order::{Event, RunEvent};
use campusg_domain::record::{Events, Record};
use campusg_domain::stream::Meta;
use campusg_domain::time::At;
use campusg_storage::codec::{CodecFault, Head, decode, decode_head, decode_record, encode_record};
use campusg_storage::journal::RecordTag;

fn record() -> Record {
    let user = UserId::from_bytes([1; 16]);
    let mut record = Record::of_owner(
        Stream::Order(OrderId::from_bytes([2; 16])),
        Seq(70_000),
        At(1_767_225_600_000),
        &Meta {
            fingerprint: Fingerprint(u64::MAX),
            ..Meta::own(Principal::User(user), CommandId(7), "test")
        },
        Events::Order(vec![Event::Run(RunEvent::ArrivedOnSite)]),
    );
    record.money = vec![Transfer {
        debit: Account::Gateway,
        credit: Account::Payable(user),
        cents: Cents(2899),
        phase: Phase::Posted,
    }];
    record
}

fn encoded() -> (RecordTag, Vec<u8>) {
    let mut bytes = vec![0xaa];
    let tag = encode_record(&record(), &mut bytes);
    assert_eq!(bytes.remove(0), 0xaa, "what was there is left alone");
    (tag, bytes)
}

#[test]
fn the_envelope_says_what_a_record_is() {
    let (tag, bytes) = encoded();
    assert_eq!((tag.kind, tag.codec, tag.schema), (1, 1, 1));
    assert_eq!(decode_record(tag, &bytes).unwrap(), record());
}

#[test]
fn the_head_of_a_record_says_what_the_record_says() {
    for keyed in [false, true] {
        let record = Record { keyed, ..record() };
        let mut bytes = vec![];
        let tag = encode_record(&record, &mut bytes);
        let head = Head {
            stream: record.stream,
            prev: record.prev,
            at: record.at,
            principal: record.principal,
            command: record.command,
            fingerprint: record.fingerprint,
            keyed,
        };
        assert_eq!(decode_head(tag, &bytes).unwrap(), head);
        let newer = RecordTag { schema: 2, ..tag };
        assert!(matches!(
            decode_head(newer, &bytes),
            Err(CodecFault::UnknownSchema(2))
        ));
    }
}

#[test]
fn what_a_newer_program_wrote_is_refused() {
    let (tag, bytes) = encoded();
    let newer = [
        RecordTag { kind: 2, ..tag },
        RecordTag { codec: 2, ..tag },
        RecordTag { schema: 2, ..tag },
        RecordTag { schema: 0, ..tag },
    ];
    for tag in newer {
        let fault = decode_record(tag, &bytes).unwrap_err();
        assert!(fault.is_newer(), "{fault}");
        assert!(fault.to_string().contains("newer program"), "{fault}");
    }
}

#[test]
fn every_cut_and_every_byte_too_many_is_refused() {
    let (tag, mut bytes) = encoded();
    for end in 0..bytes.len() {
        let cut = decode_record(tag, &bytes[..end]);
        assert!(matches!(cut, Err(CodecFault::Malformed(_))), "cut at {end}");
    }
    bytes.push(0);
    assert!(matches!(
        decode_record(tag, &bytes),
        Err(CodecFault::Trailing(1))
    ));
}

#[test]
fn a_length_that_lies_is_refused_without_allocating_it() {
    // A text of 2^40 bytes.
    let lie = [&[253][..], &(1u64 << 40).to_le_bytes()].concat();
    assert!(matches!(
        decode::<String>(&lie),
        Err(CodecFault::Malformed(_))
    ));
    assert!(matches!(
        decode::<Vec<u64>>(&lie),
        Err(CodecFault::Malformed(_))
    ));
}

/// serde's attributes that leave out or merge fields lose data in a format of positions.
#[test]
fn no_record_type_uses_an_attribute_that_loses_data() {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
    let mut files = vec![];
    sources(&domain, &mut files);
    // Configuration, which is read from text and never recorded.
    files.retain(|file| !file.ends_with("policy.rs"));
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let found = losing(&text);
        assert!(found.is_empty(), "{} has {found:?}", file.display());
    }
    let bad = "#[serde(rename_all = \"x\",\n  skip_serializing_if = \"f\")]";
    assert_eq!(losing(bad), ["skip_serializing_if"]);
    assert_eq!(
        losing("#[cfg_attr(x, serde(default))] #[derive(Default)]"),
        ["default"]
    );
    assert!(losing("#[serde(transparent)] // flatten").is_empty());
}

fn losing(source: &str) -> Vec<&str> {
    let attributes = source.match_indices("serde(").map(|(at, _)| {
        let rest = &source[at + "serde(".len()..];
        &rest[..rest.find(')').unwrap_or(rest.len())]
    });
    let words =
        attributes.flat_map(|content| content.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let bad =
        |word: &&str| word.starts_with("skip") || ["flatten", "default", "untagged"].contains(word);
    words.filter(bad).collect()
}

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}
