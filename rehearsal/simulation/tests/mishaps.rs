//! What a mishap leaves behind.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use campusg_simulation::{Behaviour, Mishap};

mod common;
use common::Scene;

#[test]
fn an_answer_that_is_late_or_comes_twice_arrives_within_half_an_hour() {
    for (mishap, stage) in [
        (Mishap::AnswerLate, "authorizing"),
        (Mishap::AnswerAgain, "available"),
    ] {
        let mut scene = Scene::placed(Behaviour::Succeeds);
        scene.campus.let_happen(mishap, 1);
        scene.campus.settle();
        assert_eq!(scene.order().stage.placement(), Some(stage));
        let arrives = scene.campus.gateway().next_arrival().unwrap();
        let after_ms = arrives.since(scene.campus.now());
        let expected = SECOND_MS..SECOND_MS + 30 * MINUTE_MS;
        assert!(expected.contains(&after_ms), "{mishap:?} {after_ms}");
    }
}
