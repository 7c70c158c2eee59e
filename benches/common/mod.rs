//! What the benchmarks share: whether a target was asked for, the machine, tables, and the JSON beside them.
//!
//! Must not: measure anything itself.

pub mod machine;
pub mod table;

use serde_json::{Value, json};
use std::{fs, io, path::PathBuf};

/// Whether this target was asked for. `cargo bench` hands every target the same words: a target runs if there is none,
/// or if one of them is its name.
pub fn is_wanted(name: &str) -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    !arguments.iter().any(|argument| argument == "--list")
        && (words.peek().is_none() || words.any(|word| word == name))
}

/// Whether `cargo test` runs this target, which does not say `--bench`. It does everything once and briefly, so that a
/// benchmark that no longer works is found by the tests; its figures mean nothing and are not kept.
pub fn is_rehearsal() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// Where results go; the folder of the build, so that data lies on the disk that the project lies on.
pub fn folder() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(target)
        .join("bench")
}

/// A folder for data that goes when the value is dropped.
///
/// # Errors
/// The system's.
pub fn scratch() -> io::Result<tempfile::TempDir> {
    fs::create_dir_all(folder())?;
    tempfile::Builder::new()
        .prefix("data-")
        .tempdir_in(folder())
}

/// Prints a line of the result.
///
/// # Errors
/// The stream's.
pub fn say(text: impl std::fmt::Display) -> io::Result<()> {
    campusg::output::result(text)
}

/// Writes the figures with the machine and the commit they belong to, and says where.
///
/// # Errors
/// The system's.
pub fn keep(name: &str, figures: Value) -> io::Result<()> {
    if is_rehearsal() {
        return say("\na rehearsal: the figures mean nothing");
    }
    let path = folder().join(format!("{name}.json"));
    let text =
        serde_json::to_vec_pretty(&json!({ "machine": machine::about(), "figures": figures }))?;
    fs::create_dir_all(folder())?;
    fs::write(&path, text)?;
    say(format_args!("\nwritten to {}", path.display()))
}
