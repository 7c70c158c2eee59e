//! Reads what a process has used from `/proc`, and measures how long the disk takes for a sync.

use std::{fs, io, path::Path, time::Duration};

/// The unit of `/proc/<pid>/stat`: hundredths of a second on every Linux that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// Returns the CPU time that a process has used, in user and in system mode.
///
/// # Errors
/// If there is no such process, or no `/proc`.
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

/// Returns the CPU time that the whole machine has used, without waiting time and time taken by a hypervisor.
///
/// # Errors
/// If there is no `/proc`.
pub fn machine_cpu() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1);
    let ticks: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    // The order of the fields is: user, nice, system, idle, waiting, interrupts, soft interrupts.
    let used: u64 = [0, 1, 2, 5, 6]
        .iter()
        .filter_map(|place| ticks.get(*place))
        .sum();
    Ok(TICK * u32::try_from(used).unwrap_or(u32::MAX))
}

/// Returns the resident memory of a process in KiB.
///
/// # Errors
/// If there is no such process, or no `/proc`.
pub fn resident_kib(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0))
}

/// Returns the median time of one `fdatasync` after a write of `bytes` bytes to a file that was filled with zeros.
///
/// # Errors
/// Any error of the operating system.
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
