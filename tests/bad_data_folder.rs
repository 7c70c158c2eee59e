//! A data folder, or a setting, that cannot be used: each refused at the start with the path or the key, none with a
//! panic, and nothing changed.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::ApiRequest;
use campusg_robots::walkthrough::{Errand, Launch};
use common::{Options, Server, program, run, text};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};
use tempfile::TempDir;

/// A folder with a journal in it, left by a server that was stopped.
async fn used_folder() -> Server {
    let mut server = Server::start(Options::default());
    let client = server.client();
    for _ in 0..3 {
        Errand::at(&client, "completed").await.unwrap();
    }
    server.stop();
    server
}

/// Starts a server that has to refuse before it does anything; answers what it says.
fn refused(arguments: &[&str]) -> String {
    let (code, said) = ended(arguments);
    assert_eq!(code, Some(2), "{said}");
    said
}

/// Starts a server that has to refuse; answers its exit code, and what it says.
fn ended(arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stderr,
        stdout,
    } = run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    let (said, told) = (
        String::from_utf8(stderr).unwrap(),
        String::from_utf8(stdout).unwrap(),
    );
    assert!(
        !status.success() && status.code().is_some(),
        "{status}: {said}"
    );
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{said}"
    );
    assert!(!told.contains("listening on"), "{told}");
    (status.code(), said)
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused() {
    let server = Server::start(Options::default());
    let said = refused(&["--data", text(&server.data())]);
    assert!(
        said.contains("in use") && said.contains(text(&server.data())),
        "{said}"
    );
    let health = server
        .client()
        .send(&ApiRequest::get("/health/ready"))
        .await
        .unwrap();
    health.is(200).unwrap();
}

#[test]
fn a_drill_is_refused_on_a_server_in_earnest() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let key = "runtime.drill_refused_releases";
    let drill = format!("{key}=1");
    let said = refused(&["--demo", "--data", text(&data), "--set", &drill]);
    assert!(
        said.contains(key) && said.contains("--virtual-clock"),
        "{said}"
    );
    assert!(!data.exists());
}

#[tokio::test]
async fn another_currency_than_the_folders_is_refused() {
    let server = used_folder().await;
    let data = server.data();
    let said = refused(&["--data", text(&data), "--set", "policy.currency=EUR"]);
    assert!(
        said.contains("USD") && said.contains("policy.currency") && said.contains(text(&data)),
        "{said}"
    );
    let kept = fs::read_to_string(data.join("currency")).unwrap();
    assert!(kept.starts_with("USD "), "{kept}");
    assert!(server.verify().contains("I1"));
}

#[test]
fn a_demo_that_never_listened_leaves_no_public_logins_to_what_comes_after_it() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let busy = run(&[
        "serve",
        "--demo",
        "--data",
        text(&data),
        "--listen",
        &address,
    ]);
    assert!(!busy.status.success());
    assert!(!data.exists(), "nothing is left behind");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("demo-logins.json"), "").unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "a password in earnest").unwrap();
    let create = [
        "operator",
        "create",
        "--email",
        "op@campus.example",
        "--data",
        text(&data),
    ];
    let made = run(&[create.as_slice(), &["--password-file", text(&password)]].concat());
    assert!(made.status.success(), "{made:?}");
    let said = refused(&["--demo", "--data", text(&data)]);
    assert!(said.contains("is not a demo's data folder"), "{said}");
}

#[test]
fn an_unwritable_data_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for data in [file.clone(), file.join("below")] {
        let said = refused(&["--data", text(&data)]);
        assert!(said.contains(text(&data)), "{said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

/// The oldest segment of a journal.
fn segment(data: &Path) -> PathBuf {
    let segments = fs::read_dir(data.join("journal")).unwrap();
    let mut paths: Vec<PathBuf> = segments.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| fs::metadata(path).unwrap().len() > 4_096);
    paths.sort();
    paths.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_damaged_journal_is_refused_with_its_place() {
    let server = used_folder().await;
    let segment = segment(&server.data());
    let mut bytes = fs::read(&segment).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used / 2] ^= 0x40;
    fs::write(&segment, &bytes).unwrap();
    let damaged = |said: &str| {
        assert!(
            said.contains("damaged") && said.contains(text(&segment)),
            "{said}"
        );
        assert!(said.contains("restore it from a backup"), "{said}");
        assert!(
            said.contains("offset") || said.contains("sequence"),
            "{said}"
        );
    };
    damaged(&refused(&["--data", text(&server.data())]));
    let verified = run(&["verify", "--data", text(&server.data())]);
    assert!(!verified.status.success());
    let said = [verified.stdout, verified.stderr].concat();
    damaged(&String::from_utf8(said).unwrap());
    assert_eq!(
        fs::read(&segment).unwrap(),
        bytes,
        "what is damaged is left as it is"
    );
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused() {
    let server = used_folder().await;
    let format = server.data().join("format");
    fs::write(&format, "campusg data 9\n").unwrap();
    let said = refused(&["--data", text(&server.data())]);
    assert!(
        said.contains("newer version") && said.contains(text(&format)) && said.contains('9'),
        "{said}"
    );
    fs::write(&format, "campusg data 1\n").unwrap();
    let said = refused(&["--data", text(&server.data())]);
    assert!(
        said.contains("older version") && said.contains("format 1") && said.contains("format 6"),
        "{said}"
    );
    fs::write(&format, "soup\n").unwrap();
    let said = refused(&["--data", text(&server.data())]);
    assert!(
        said.contains("damaged") && said.contains(text(&format)),
        "{said}"
    );
}

#[test]
fn a_misspelt_or_impossible_setting_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    for (set, key) in [
        ("policy.order_timout_ms=1", "policy.order_timout_ms"),
        ("polcy.order_timeout_ms=1", "polcy"),
        ("policy.order_timeout_ms=soon", "policy.order_timeout_ms"),
        (
            "policy.platform_fee_cents=100000",
            "policy.platform_fee_cents",
        ),
        ("sandbox.address=10.0.0.1:1", "sandbox.address"),
        ("server.buffer_bytes=1", "server.buffer_bytes"),
    ] {
        let said = refused(&["--data", text(&data), "--set", set]);
        assert!(said.contains(key), "{set}: {said}");
    }
    assert!(
        !data.exists(),
        "nothing is made before the settings are right"
    );
    let config = folder.path().join("campusg.toml");
    fs::write(&config, "[policy\npin_tries = 3\n").unwrap();
    let said = refused(&["--data", text(&data), "--config", text(&config)]);
    assert!(said.contains(text(&config)), "{said}");
}

#[test]
fn an_address_in_use_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let said = run(&[
        "serve",
        "--demo",
        "--listen",
        &address,
        "--data",
        text(&data),
    ]);
    let (code, said) = (said.status.code(), String::from_utf8(said.stderr).unwrap());
    assert!(code == Some(2) && said.contains(&address), "{said}");
    assert!(!data.exists());
}

#[tokio::test]
async fn a_demo_in_a_folder_that_holds_something_else_is_refused() {
    let server = used_folder().await;
    let said = refused(&["--demo", "--data", text(&server.data())]);
    assert!(said.contains("not a demo's"), "{said}");
}

#[test]
fn a_password_file_that_can_not_be_read_is_named() {
    let folder = TempDir::new().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("password"));
    let [data, file] = [&data, &file].map(|path| text(path));
    let create = ["operator", "create", "--email", "o@campus.example"];
    let made = run(&[&create[..], &["--data", data, "--password-file", file]].concat());
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(
        made.status.code() == Some(2) && said.contains(file),
        "{said}"
    );
}

#[test]
fn an_operator_whose_fields_no_account_can_have_is_refused_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("password"));
    for (email, password, name, wrong) in [
        ("o@campus.example", "short", "Olivia", "password"),
        ("nobody", "long enough, this", "Olivia", "email"),
        ("o@campus.example", "long enough, this", "", "first_name"),
    ] {
        std::fs::write(&file, password).unwrap();
        let create = ["operator", "create", "--email", email, "--first-name", name];
        let paths = ["--data", text(&data), "--password-file", text(&file)];
        let made = run(&[&create[..], &paths].concat());
        let said = String::from_utf8(made.stderr).unwrap();
        assert_eq!(made.status.code(), Some(2), "{said}");
        assert!(said.contains(wrong), "{said}");
        assert!(!data.exists(), "{wrong}");
    }
}

#[tokio::test]
async fn log_lines_have_colours_at_a_terminal_alone() {
    let logged = used_folder().await.log();
    assert!(
        logged.contains("INFO") && !logged.contains('\u{1b}'),
        "{logged}"
    );
}

#[test]
fn verifying_an_empty_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let verified = run(&["verify", "--data", text(folder.path())]);
    assert!(!verified.status.success());
    let said = String::from_utf8(verified.stderr).unwrap();
    assert!(said.contains(text(folder.path())), "{said}");
}

#[test]
fn a_demo_that_could_not_be_made_is_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let nobody = ["--set", "sandbox.address=127.0.0.1:1"];
    let (code, said) = ended(&[&["--demo", "--data", text(&data)], &nobody[..]].concat());
    assert_eq!(code, Some(1), "part of it was made: {said}");
    assert!(
        said.contains("payment gateway") && said.contains("start again"),
        "{said}"
    );

    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--demo",
        "--data",
        text(&data),
    ];
    let again = Launch {
        program: program(),
        arguments: arguments.into_iter().map(Into::into).collect(),
        log: folder.path().join("server.log"),
    };
    let mut child = again.start().unwrap();
    child.kill();
    let logins = fs::read_to_string(data.join("demo-logins.json")).unwrap();
    assert!(logins.contains("tariq@campus.example"), "{logins}");
}
