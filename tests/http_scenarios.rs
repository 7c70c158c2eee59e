//! End to end, over HTTP, against the real program: the five ways an order can go, and the walkthrough that tells them.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg::walkthrough::Scenario;
use common::{Options, play, run, turn::shared};

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
    assert!(told.contains("Everything is as specified."), "{told}");
}

#[test]
fn the_walkthrough_names_what_is_not_as_specified() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let walked = run(&["walkthrough", "--url", &address]);
    assert_eq!(walked.status.code(), Some(1));
    let said = String::from_utf8(walked.stderr).unwrap();
    assert!(
        said.contains("not as specified: expected an answer to GET /health/ready"),
        "{said}"
    );
}
