//! `campusg config` as a process: what it prints, what it refuses, and with which code it ends.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Runs `campusg config` in that folder, with nothing of this process's `CAMPUSG_*` environment.
fn config_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campusg"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CAMPUSG_") {
            command.env_remove(name);
        }
    }
    command
        .arg("config")
        .args(arguments)
        .envs(variables.iter().copied());
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn has_line(text: &str, line: &str) {
    assert!(
        text.lines().any(|have| have.trim() == line),
        "{line}\nnot in\n{text}"
    );
}

#[test]
fn it_prints_each_value_with_its_origin_in_its_section() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(
        folder.path().join("data/campusg.toml"),
        "[policy]\npin_tries = 3\n",
    )
    .unwrap();

    let output = config_in(
        folder.path(),
        &["--listen", "127.0.0.1:0", "--set", "log.format=json"],
        &[("CAMPUSG_POLICY__ORDER_TIMEOUT_MS", "60000")],
    );

    let text = printed(&output);
    for line in [
        "data = \"data\"  # default",
        "listen = \"127.0.0.1:0\"  # flag --listen",
        "pin_tries = 3  # file data/campusg.toml",
        "order_timeout_ms = 60000  # environment CAMPUSG_POLICY__ORDER_TIMEOUT_MS",
        "delivery_fee_cents = 399  # default",
        "format = \"json\"  # flag --set",
    ] {
        has_line(&text, line);
    }
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["policy"]["pin_tries"].as_integer(), Some(3));
    assert!(
        !folder.path().join("data/journal").exists(),
        "looking at the configuration starts nothing"
    );
}

#[test]
fn it_explains_each_key_on_request() {
    let folder = TempDir::new().unwrap();
    let text = printed(&config_in(folder.path(), &["--explain"], &[]));
    has_line(
        &text,
        "# ORDER_TIMEOUT: how long an order waits for a runner.",
    );
    let is_key = |line: &&str| !line.starts_with('#') && line.contains(" = ");
    let keys = text.lines().filter(is_key).count();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(keys, count_of_values(&table));
}

fn count_of_values(table: &toml::Table) -> usize {
    table
        .values()
        .map(|value| value.as_table().map_or(1, count_of_values))
        .sum()
}

#[test]
fn it_prints_json_of_value_and_origin() {
    let folder = TempDir::new().unwrap();
    let text = printed(&config_in(
        folder.path(),
        &["--json", "--set", "policy.pin_tries=4"],
        &[],
    ));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        json["policy"]["pin_tries"],
        serde_json::json!({ "value": 4, "origin": "flag --set" })
    );
    assert_eq!(
        json["data"],
        serde_json::json!({ "value": "data", "origin": "default" })
    );
}

#[test]
fn it_refuses_a_time_of_the_policy_beyond_a_year() {
    let folder = TempDir::new().unwrap();
    let text = printed(&config_in(folder.path(), &["--json"], &[]));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys = json["policy"].as_object().unwrap().keys();
    let times: Vec<String> = keys
        .filter(|key| key.ends_with("_ms"))
        .map(|key| format!("policy.{key}"))
        .collect();
    assert!(times.len() > 20, "{times:?}");
    for key in &times {
        let beyond_a_year = format!("{key}=31622400001");
        let text = refused(&config_in(folder.path(), &["--set", &beyond_a_year], &[]));
        assert!(text.contains(key), "{key} not in\n{text}");
    }
}

#[test]
fn it_refuses_with_code_2_and_a_line_for_each_fault() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--set", "policy.order_timeout=1", "--set", "servr.listen=x"];
    let text = refused(&config_in(folder.path(), &arguments, &[]));
    has_line(
        &text,
        "unknown key policy.order_timeout (flag --set); did you mean policy.order_timeout_ms?",
    );
    has_line(
        &text,
        "unknown key servr (flag --set); did you mean server?",
    );

    let text = refused(&config_in(
        folder.path(),
        &[],
        &[("CAMPUSG_POLICY__PIN_TRIES", "many")],
    ));
    has_line(
        &text,
        "policy.pin_tries (environment CAMPUSG_POLICY__PIN_TRIES): found string \"many\", expected an integer from 0 to 255",
    );
}

#[test]
fn it_refuses_a_found_file_that_moves_the_folder_it_was_found_in() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(
        folder.path().join("data/campusg.toml"),
        "data = \"elsewhere\"\n",
    )
    .unwrap();
    let text = refused(&config_in(folder.path(), &[], &[]));
    has_line(
        &text,
        "data = \"elsewhere\" (file data/campusg.toml): must not stand in the file that was found in the data folder",
    );
}

#[test]
fn it_ends_quietly_when_its_reader_went_away() {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_campusg"))
        .args(["config", "--explain"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
