//! Small text files that say whether they are what was written: the last word is a checksum over all before it.
//!
//! Must not: know what a text means.

use std::path::Path;
use std::{fs, io};

use crate::file::write_whole;

/// What is found at the path of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The text that was written, without the checksum.
    Text(String),
    /// There is a file, and it is not what was written.
    Damaged,
    /// There is no file.
    Missing,
}

/// Reads a file that [`write()`] has written.
///
/// # Errors
/// Any error of the operating system, but for a missing file.
pub fn read(path: &Path) -> io::Result<Found> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(bytes).ok();
    let text = text.as_deref().and_then(|text| text.strip_suffix('\n'));
    let parts = text.and_then(|text| text.rsplit_once(' '));
    Ok(match parts {
        Some((text, checksum)) if checksum == checksum_of(text) => Found::Text(text.to_owned()),
        _ => Found::Damaged,
    })
}

/// Replaces the file. It is durable when this returns, and only its owner can read it.
///
/// # Errors
/// Any error of the operating system; what was there before is there then.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let line = format!("{text} {}\n", checksum_of(text));
    write_whole(path, Path::new(&aside), line.as_bytes())
}

fn checksum_of(text: &str) -> String {
    format!("{:08x}", crc32c::crc32c(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn v12_a_text_with_any_flipped_bit_or_cut_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("currency");
        assert_eq!(read(&path).unwrap(), Found::Missing);
        for text in ["USD", "one\ntwo", ""] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap(), Found::Text(text.into()));
            let good = fs::read(&path).unwrap();
            for bit in 0..good.len() * 8 {
                let mut bad = good.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, bad).unwrap();
                assert_eq!(read(&path).unwrap(), Found::Damaged, "{text:?}, bit {bit}");
            }
            for end in 0..good.len() {
                fs::write(&path, &good[..end]).unwrap();
                assert_eq!(read(&path).unwrap(), Found::Damaged, "{text:?} to {end}");
            }
        }
    }
}
