//! End to end, over HTTP, against the real program: the five ways an order can go, and the walkthrough that tells them.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_domain::transitions::TRANSITIONS;
use campusg_robots::walkthrough::{Chapter, Scenario};
use common::{Options, play, run, turn::shared};
use std::io::{Read, Write};

fn options() -> Options {
    Options::virtual_clock(&[])
}

#[tokio::test]
async fn a_create_pay_available_accept_to_completed() {
    play(Scenario::Delivered, &shared(options).await.server).await;
}

#[tokio::test]
async fn b_payment_fails_cancelled() {
    play(Scenario::PaymentFails, &shared(options).await.server).await;
}

#[tokio::test]
async fn c_nobody_accepts_timeout_cancelled_and_refunded() {
    play(Scenario::NobodyAccepts, &shared(options).await.server).await;
}

#[tokio::test]
async fn d_accepted_runner_cancels_available_again() {
    play(Scenario::RunnerCancels, &shared(options).await.server).await;
}

#[tokio::test]
async fn e_issues_at_each_delivery_stage_and_their_resolutions() {
    play(Scenario::Issues, &shared(options).await.server).await;
}

#[tokio::test]
async fn the_walkthrough_runs_against_any_server_and_says_what_it_leaves_out() {
    let turn = shared(options).await;
    let walked = run(&["walkthrough", "--url", turn.server.address()]);
    let told = String::from_utf8(walked.stdout).unwrap();
    assert!(
        walked.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&walked.stderr)
    );
    for scenario in Scenario::ALL {
        assert!(told.contains(scenario.title()), "{told}");
    }
    assert!(
        told.contains("left out: moving the clock needs an operator"),
        "{told}"
    );
    let (_, left) = told.split_once("\nLeft on this server: ").expect(&told);
    let (number, orders) = left.split_once(' ').expect(&told);
    let listed = orders
        .lines()
        .skip(1)
        .filter(|line| line.len() > 36)
        .count();
    assert!(listed > 0 && number.parse() == Ok(listed), "{told}");
    assert!(told.contains("Everything is as specified."), "{told}");
}

/// What a walkthrough prints that ends well.
fn told(arguments: &[&str]) -> String {
    let walked = run(arguments);
    let told = String::from_utf8(walked.stdout).unwrap();
    let said = String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{told}{said}");
    told
}

/// Whether a step says that it shows this transition.
fn names(told: &str, id: &str) -> bool {
    let marks = told.split("(transition").skip(1);
    marks
        .filter_map(|rest| rest.split_once(')'))
        .any(|(ids, _)| {
            let mut ids = ids.trim_start_matches('s').split(',');
            ids.any(|named| named.trim() == id)
        })
}

#[test]
fn the_whole_walkthrough_shows_every_transition_with_the_money_after_it_and_ends_verified() {
    let told = told(&["walkthrough", "--all"]);
    for chapter in Chapter::ALL {
        assert!(told.contains(chapter.title()), "{told}");
    }
    for transition in TRANSITIONS {
        let id = transition.id;
        assert!(names(&told, id), "transition {id}: {told}");
    }
    assert!(!told.contains("left out:"), "{told}");
    let columns = [
        "held",
        "captured",
        "released",
        "refunded",
        "runner's balance",
        "customer owes",
    ];
    let money: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("| held"))
        .collect();
    assert!(money.len() > 100, "{told}");
    for line in money {
        let cells = line.trim().trim_start_matches("| ").split(" | ");
        let named: Vec<bool> = cells
            .zip(columns)
            .map(|(cell, column)| cell.starts_with(column))
            .collect();
        assert_eq!(named, [true; 6], "{line}");
    }
    let verified = told.matches("campusg verify says:").count();
    assert_eq!(verified, 4, "one per server: {told}");
    assert!(!told.contains("BROKEN"), "{told}");
    let last = told.trim_end().lines().next_back().unwrap();
    assert!(
        last.starts_with("All 46 transitions of the lifecycle were shown"),
        "{last}"
    );
}

#[tokio::test]
async fn the_whole_walkthrough_runs_against_any_server_and_says_which_transitions_it_leaves_out() {
    let turn = shared(options).await;
    let told = told(&["walkthrough", "--all", "--url", turn.server.address()]);
    assert!(
        told.contains(" of 46 transitions of the lifecycle were shown: "),
        "{told}"
    );
    assert!(
        told.contains("   23  the release fails and is tried again"),
        "{told}"
    );
    assert!(
        told.contains("left out: it needs a server whose escrow refuses its first release"),
        "{told}"
    );
    assert!(
        told.contains("\nNo order of this walkthrough holds money any more."),
        "{told}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_no_fault_of_the_server() {
    let turn = shared(options).await;
    let operator = [
        "--operator-email",
        "operator@campus.example",
        "--operator-password",
        "a wrong guess",
    ];
    let walked = run(&[
        &["walkthrough", "--url", turn.server.address()],
        operator.as_slice(),
    ]
    .concat());
    assert_eq!(walked.status.code(), Some(2));
    let said = String::from_utf8(walked.stderr).unwrap();
    assert!(
        said.contains("operator operator@campus.example can't sign in there: 401")
            && !said.contains("not as specified"),
        "{said}"
    );
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_missing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let walked = run(&["walkthrough", "--url", &address]);
    assert_eq!(walked.status.code(), Some(1));
    let said = String::from_utf8(walked.stderr).unwrap();
    assert!(
        said.contains(&format!("no server answers at {address}"))
            && !said.contains("not as specified"),
        "{said}"
    );
}

#[test]
fn the_walkthrough_names_what_is_not_as_specified() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // It ends with the process.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(
                b"HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            );
        }
    });
    let walked = run(&["walkthrough", "--url", &address]);
    assert_eq!(walked.status.code(), Some(1));
    let said = String::from_utf8(walked.stderr).unwrap();
    assert!(
        said.contains("not as specified: expected GET /health/ready to be answered 200"),
        "{said}"
    );
}
