//! The machine and the commit that figures belong to, and what a process has used so far.

use serde_json::{Value, json};
use std::{fs, io, path::Path, process::Command, time::Duration};

/// `/proc/<pid>/stat` counts in hundredths of a second on every Linux that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// Processor, cores, kernel, file system of the data, commit, date.
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

/// One line about the machine, for above a table.
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

/// What a command prints; nothing where there is no such command.
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

/// CPU time that a process has used, in user and in system mode.
///
/// # Errors
/// Where there is no such process, or no `/proc`.
pub fn cpu(process: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat
        .rsplit_once(')')
        .map_or("", |(_, fields)| fields)
        .split_whitespace();
    let ticks: u32 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Ok(TICK * ticks)
}

/// Resident memory of a process, in KiB.
///
/// # Errors
/// Where there is no such process, or no `/proc`.
pub fn resident_kib(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0))
}

/// Median time of one `fdatasync` after a write of `bytes` into a file that is zero-filled ahead.
///
/// # Errors
/// The system's.
pub fn fdatasync(folder: &Path, bytes: usize) -> io::Result<Duration> {
    use std::os::unix::fs::FileExt;
    const WRITES: usize = 300;
    let path = folder.join("fdatasync");
    let file = fs::File::create(&path)?;
    file.write_all_at(&vec![0; bytes * WRITES], 0)?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(WRITES);
    for n in 0..WRITES {
        let began = std::time::Instant::now();
        file.write_all_at(&vec![1; bytes], (n * bytes) as u64)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times[WRITES / 2])
}
