//! Runs what the README shows: the transcript of one order, against a fresh demo server, prints what the README says.
//!
//! Needs `bash`, `curl` and `jq`; `.ci/run` installs them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn block<'a>(readme: &'a str, fence: &str, after: &str) -> &'a str {
    let from = readme.find(after).unwrap();
    let start = from + readme[from..].find(fence).unwrap() + fence.len();
    let end = start + readme[start..].find("```").unwrap();
    readme[start..end].trim()
}

#[test]
fn the_transcript_prints_what_the_readme_says() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_campusg"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Server)
        .unwrap();
    let lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));

    let readme = include_str!("../README.md");
    let script = block(readme, "```sh\n", "<!-- tests/readme.rs runs this block -->");
    let expected = block(readme, "```text\n", "prints\n");
    let ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("API", format!("{}/api", address.unwrap()))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), expected, "{errors}");
}
