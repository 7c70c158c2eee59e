//! Shared by the benchmarks: selecting a target, describing the machine, printing tables, and writing JSON files.
//!
//! Must not: measure anything.

pub mod machine;
pub mod table;

use serde_json::{Value, json};
use std::{fs, io, path::PathBuf};

/// Whether this benchmark should run. `cargo bench` passes the same arguments to every target: a target runs if they
/// name none, or if they name it.
pub fn is_wanted(name: &str) -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    !arguments.iter().any(|argument| argument == "--list")
        && (words.peek().is_none() || words.any(|word| word == name))
}

/// Whether `cargo test` runs this target, that is, without `--bench`. Everything then runs once and briefly, so that
/// the tests notice a benchmark that no longer works; its figures are meaningless and not written.
pub fn is_rehearsal() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// Returns the folder of the results. It is in the build folder, so that data are on the same disk as the project.
pub fn folder() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(target)
        .join("bench")
}

/// Creates a temporary folder for data, which is deleted when the value is dropped.
///
/// # Errors
/// Any error of the operating system.
pub fn scratch() -> io::Result<tempfile::TempDir> {
    fs::create_dir_all(folder())?;
    tempfile::Builder::new()
        .prefix("data-")
        .tempdir_in(folder())
}

/// Prints a line of the result.
///
/// # Errors
/// An error of standard output.
pub fn say(text: impl std::fmt::Display) -> io::Result<()> {
    campusg::output::result(text)
}

/// Writes the figures to a file, with the machine and the commit to which they belong, and prints its path.
///
/// # Errors
/// Any error of the operating system.
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
