//! The bytes of everything in a record, pinned: one file per enum, one line per variant.
//!
//! A line that differs means that journals already written would be misread. Rather append a variant. If the shape has to
//! change, raise `FORMAT` in `storage/src/store/folder.rs`: older folders are then refused, there is no migration.
//! A new variant is appended, gets a sample, and its line with
//! `CAMPUSG_PIN=1 cargo test --workspace --test 'codec_*'`, which adds lines and changes none.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

pub mod second_reader;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::{env, fs};

use campusg_domain::id::{OrderId, PhotoId, UserId};
use campusg_domain::money::Cents;
use campusg_domain::order::Release;
use campusg_domain::time::At;
use campusg_storage::codec::{decode, encode};
use serde::{Serialize, de::DeserializeOwned};

pub fn user() -> UserId {
    UserId::from_bytes([0x11; 16])
}

pub fn order() -> OrderId {
    OrderId::from_bytes([0x22; 16])
}

pub fn photo() -> PhotoId {
    PhotoId::from_bytes([0x33; 16])
}

pub const CENTS: Cents = Cents(2899);
pub const AT: At = At(1_767_225_600_000);

pub fn release() -> Release {
    Release {
        to_runner: Cents(2649),
        to_platform: Cents(100),
        to_customer: Cents(0),
        set_off: Cents(7),
    }
}

/// Names every variant and gives a sample of each. A variant without a sample does not compile.
macro_rules! pin {
    ($test:ident, $enum:ident: $($variant:ident => $sample:expr),+ $(,)?) => {
        #[test]
        fn $test() {
            let name = |value: &$enum| match value {
                $($enum::$variant { .. } => stringify!($variant),)+
            };
            let samples: Vec<$enum> = vec![$($sample),+];
            let named: Vec<&str> = samples.iter().map(name).collect();
            assert_eq!(named, [$(stringify!($variant)),+], "each sample is of the variant it stands beside");
            $crate::codec_common::pinned(stringify!($test), &named, &samples);
        }
    };
}
pub(crate) use pin;

pub fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(format!("{file}.hex"))
}

/// Compares each sample with its line, as bytes and as a value, and finds lines without a sample. A second reader has to
/// find the same value in the line, and nothing in any line that is cut short.
pub fn pinned<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    file: &str,
    names: &[&str],
    samples: &[T],
) {
    let path = fixture(file);
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    if env::var_os("CAMPUSG_PIN").is_some() {
        let known = text.lines().count();
        for (name, sample) in names.iter().zip(samples).skip(known) {
            text.push_str(&format!("{name} {}\n", hex(&encode(sample))));
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let lines: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let found: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        found,
        names,
        "{} has a line per variant, in their order",
        path.display()
    );
    for ((name, line), sample) in lines.iter().zip(samples) {
        assert_eq!(hex(&encode(sample)), *line, "bytes of {file} {name}");
        assert_eq!(
            decode::<T>(&bytes(line)).unwrap(),
            *sample,
            "value of {file} {name}"
        );
        let line = bytes(line);
        let read = second_reader::read::<T>(&line);
        assert_eq!(
            read.as_ref(),
            Ok(sample),
            "a second reader of {file} {name}"
        );
        for end in 0..line.len() {
            let cut = second_reader::read::<T>(&line[..end]);
            assert!(cut.is_err(), "{file} {name}, cut at {end}: {cut:?}");
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
