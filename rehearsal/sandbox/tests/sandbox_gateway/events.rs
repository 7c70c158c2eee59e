//! What the gateway decides later: late calls, the customer's word, the end of an authorisation, and how it is told.

use super::*;
use campusg_domain::gateway::{
    EventCursor, EventPage, GatewayEvent, News, PaymentGateway, Subject, Unanswered,
};
use campusg_sandbox::{ConfirmFault, Faults, SandboxGateway};
use std::collections::BTreeMap;

fn event(id: u64, key: &str, answer: Answer) -> GatewayEvent {
    GatewayEvent {
        id: format!("evt_{id}").parse().unwrap(),
        key: key.into(),
        news: News::Answer(answer),
    }
}

fn told(bench: &Bench) -> Vec<GatewayEvent> {
    let events = bench.book.events(0, 99, bench.now).unwrap();
    events.into_iter().map(|(_, event)| event).collect()
}

#[test]
fn a_late_authorization_blocks_the_money_later_and_says_so() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.call(&authorize("a", "tok_late", 500)),
        Ok(Answer::Unavailable)
    );
    assert_eq!(
        bench.call(&capture("c", "a", 500)),
        Err(Misuse::NotAuthorized)
    );
    bench.now = NOW.plus(TUNING.late_ms - 1);
    assert_eq!((told(&bench), bench.totals()), (vec![], Totals::default()));
    bench = bench.reopen();
    bench.now = NOW.plus(TUNING.late_ms);
    let success = authorized(500, bench.now);
    assert_eq!(told(&bench), [event(1, "a", success.clone())]);
    assert_eq!(bench.call(&authorize("a", "tok_late", 500)), Ok(success));
    assert_eq!(bench.totals().blocked, Cents(500));
}

#[test]
fn a_late_capture_takes_the_money_once_even_past_a_void() {
    let mut bench = Bench::new();
    bench
        .call(&authorize("a", "tok_capture_late", 500))
        .unwrap();
    assert_eq!(bench.call(&capture("c", "a", 400)), Ok(Answer::Unavailable));
    assert_eq!(
        bench.call(&capture("c2", "a", 400)),
        Err(Misuse::AlreadyCaptured)
    );
    assert_eq!(
        bench.call(&refund("r", "c", 400)),
        Err(Misuse::UnknownCapture)
    );
    assert_eq!(
        bench.call(&void("v", "a")),
        Ok(Answer::Unavailable),
        "nobody knows yet"
    );
    bench = bench.reopen();
    bench.now = NOW.plus(TUNING.late_ms);
    assert_eq!(told(&bench), [event(1, "c", captured(400))]);
    assert_eq!(bench.call(&void("v", "a")), Ok(captured(400)));
    assert_eq!(bench.call(&capture("c", "a", 400)), Ok(captured(400)));
    assert_eq!(bench.call(&refund("r", "c", 400)), Ok(refunded(400)));
    let expected = Totals {
        captured: Cents(400),
        refunded: Cents(400),
        ..Totals::default()
    };
    assert_eq!(bench.totals(), expected);
}

#[test]
fn the_customers_word_decides_and_is_told() {
    for (approve, answer) in [
        (true, authorized(500, NOW)),
        (false, declined(Decline::NotConfirmed)),
    ] {
        let bench = Bench::new();
        let request = authorize("a", "tok_action_required", 500);
        assert!(matches!(
            bench.call(&request),
            Ok(Answer::ActionRequired { .. })
        ));
        assert_eq!(bench.totals(), Totals::default());
        let bench = bench.reopen();
        let confirm = |approve| {
            bench
                .book
                .confirm(&"a".into(), approve, NOW)
                .unwrap()
                .outcome
        };
        assert_eq!(confirm(approve), Ok(answer.clone()));
        assert_eq!(confirm(approve), Ok(answer.clone()), "said twice");
        assert_eq!(
            confirm(!approve),
            Err(Misuse::NothingToConfirm),
            "changed his mind"
        );
        assert_eq!(bench.call(&request), Ok(answer.clone()));
        assert_eq!(told(&bench), [event(1, "a", answer)]);
        assert_eq!(bench.totals().open_authorizations, u64::from(approve));
    }
    let bench = Bench::new();
    bench.call(&authorize("v", "tok_visa", 500)).unwrap();
    for key in ["v", "nobody"] {
        let outcome = bench.book.confirm(&key.into(), true, NOW).unwrap().outcome;
        assert_eq!(outcome, Err(Misuse::NothingToConfirm));
    }
}

#[test]
fn an_authorization_runs_out_by_itself_and_is_told() {
    let mut bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 500)).unwrap();
    bench.call(&authorize("b", "tok_visa", 500)).unwrap();
    bench.call(&capture("cb", "b", 500)).unwrap();
    bench.now = NOW.plus(TUNING.capture_window_ms - 1);
    assert_eq!(bench.totals().open_authorizations, 1);
    bench.now = NOW.plus(TUNING.capture_window_ms);
    assert_eq!(told(&bench), [event(1, "a", declined(Decline::Expired))]);
    assert_eq!(
        bench.call(&capture("ca", "a", 500)),
        Ok(declined(Decline::Expired))
    );
    assert_eq!(
        bench.call(&authorize("b", "tok_visa", 500)),
        Ok(authorized(500, NOW)),
        "captured before"
    );
    let bench = bench.reopen();
    assert_eq!(told(&bench).len(), 1);
    assert_eq!(
        bench.totals(),
        Totals {
            captured: Cents(500),
            ..Totals::default()
        }
    );
}

#[test]
fn the_books_time_never_goes_back() {
    let mut bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 500)).unwrap();
    bench.now = At(5);
    assert_eq!(
        bench.call(&authorize("b", "tok_visa", 500)),
        Ok(authorized(500, NOW))
    );
    let bench = bench.reopen();
    assert_eq!(
        bench.call(&authorize("c", "tok_visa", 500)),
        Ok(authorized(500, NOW))
    );
}

/// How many were told before it, and it.
fn number(event: &GatewayEvent) -> u64 {
    let number = event.id.as_str().strip_prefix("evt_").unwrap();
    number.parse().unwrap()
}

/// Follows the feed to its end, and keeps each page.
async fn follow(gateway: &SandboxGateway) -> Vec<EventPage> {
    let (mut cursor, mut pages) = (EventCursor::default(), Vec::new());
    loop {
        let page = gateway.events(cursor.clone()).await.unwrap();
        if page.next == cursor {
            return pages;
        }
        cursor = page.next.clone();
        pages.push(page);
    }
}

#[tokio::test]
async fn late_doubled_and_reordered_events_are_all_told() {
    const COUNT: usize = 250;
    let faults = Faults {
        duplicate_events: true,
        reorder: true,
        delay_ms: 100,
    };
    let Bench {
        dir: _dir, book, ..
    } = Bench::new();
    let clock = StandingClock::new();
    let gateway = SandboxGateway::new(Arc::new(book), faults, 5_000, clock.now());
    for n in 0..COUNT {
        let silence = gateway
            .call(authorize(&format!("a/{n}"), "tok_late", 500))
            .await;
        assert_eq!(silence, Err(Unanswered(Subject::Card)));
    }
    clock.advance(TUNING.late_ms);
    assert!(follow(&gateway).await.is_empty(), "held back");
    clock.advance(99);
    assert!(follow(&gateway).await.is_empty(), "held back");
    clock.advance(1);
    let pages = follow(&gateway).await;
    assert!(
        pages.len() > 2,
        "more than one page, so that one is repeated across pages"
    );
    let mut times_told = BTreeMap::new();
    for page in &pages {
        assert!(
            page.events
                .windows(2)
                .all(|pair| number(&pair[0]) >= number(&pair[1])),
            "out of order"
        );
        for event in &page.events {
            let known = times_told
                .entry(number(event))
                .or_insert((0, event.clone()));
            known.0 += 1;
            assert_eq!(known.1, *event, "an id always tells the same");
        }
    }
    let told: Vec<u64> = times_told.keys().copied().collect();
    assert_eq!(told, (1..=COUNT as u64).collect::<Vec<_>>());
    assert!(times_told.values().all(|(times, _)| *times >= 2));
    assert!(
        times_told.values().any(|(times, _)| *times > 2),
        "again in a later page"
    );
}

#[tokio::test]
async fn the_adapter_confirms_and_tells() {
    let Bench {
        dir: _dir, book, ..
    } = Bench::new();
    let gateway = SandboxGateway::new(
        Arc::new(book),
        Faults::default(),
        5_000,
        StandingClock::new().now(),
    );
    let asked = gateway
        .call(authorize("order:1/authorize/1", "tok_action_required", 500))
        .await;
    let url = "/sandbox/confirm/order:1/authorize/1".to_owned();
    assert_eq!(asked, Ok(Answer::ActionRequired { url }));
    let to_confirm = async || gateway.to_confirm("order:1/authorize/1".into()).await;
    assert_eq!(to_confirm().await, Ok(Some(Cents(500))));
    assert_eq!(gateway.to_confirm("nobody".into()).await, Ok(None));
    let answer = gateway.confirm("order:1/authorize/1".into(), true).await;
    assert_eq!(to_confirm().await, Ok(None), "it is decided");
    assert_eq!(answer, Ok(authorized(500, NOW)));
    let page = gateway.events(EventCursor::default()).await.unwrap();
    assert_eq!(
        page.events,
        [event(1, "order:1/authorize/1", authorized(500, NOW))]
    );
    let unknown = gateway.confirm("nobody".into(), true).await;
    assert_eq!(unknown, Err(ConfirmFault::Misuse(Misuse::NothingToConfirm)));
}
