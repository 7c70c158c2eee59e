//! Describes the machine and the commit to which the figures belong.

use serde_json::{Value, json};
use std::{fs, process::Command};

/// Returns processor, cores, kernel, file system of the data, commit and date.
pub fn about() -> Value {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let folder = super::folder();
    let changed = !said("git", &["status", "--porcelain"]).is_empty();
    json!({
        "processor": model.map_or("unknown", |(_, model)| model),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "kernel": kernel.trim(),
        "file_system": said("stat", &["-f", "-c", "%T", &folder.to_string_lossy()]),
        "commit": said("git", &["rev-parse", "--short", "HEAD"]),
        "changed_since": changed,
        "date": said("date", &["-u", "+%FT%TZ"]),
    })
}

/// Returns one line about the machine, to be printed above a table.
pub fn line() -> String {
    let about = about();
    let text = |key: &str| {
        about[key]
            .as_str()
            .filter(|text| !text.is_empty())
            .unwrap_or("unknown")
            .to_owned()
    };
    let changed = if about["changed_since"] == true {
        " + changes"
    } else {
        ""
    };
    format!(
        "{} · {} cores · Linux {} · {} · commit {}{changed} · {}",
        text("processor"),
        about["cores"],
        text("kernel"),
        text("file_system"),
        text("commit"),
        text("date")
    )
}

/// Returns what a command prints; an empty text if there is no such command.
fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
