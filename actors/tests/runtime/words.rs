//! People's own words through a whole runtime: sealed under their author's key, opened as what they are, bounded.

use crate::common::{House, operator};
use campusg_actors::runtime::{FreeText, Refusal, SealedFreeText};
use campusg_domain::{
    id::{OrderId, Principal, Stream, UserId},
    money::Cents,
    order::{Command, ContactEvent, Event},
    record::Events,
    rejection::Rejection,
    text::Sealed,
};

const WORDINGS: [FreeText; 5] = [
    FreeText::Message,
    FreeText::Note,
    FreeText::Reason,
    FreeText::Claim,
    FreeText::Reply,
];

fn seal(house: &House, author: UserId, wording: FreeText, text: &str) -> Result<Sealed, Refusal> {
    let author = Principal::User(author);
    house.runtime.seal_free_text(author, wording, text)
}

fn open(house: &House, words: &SealedFreeText) -> Option<String> {
    house
        .runtime
        .open_free_text(words.author, words.wording, &words.sealed)
}

/// An order that a runner has accepted.
async fn accepted(house: &House) -> (UserId, UserId, OrderId) {
    let customer = house.customer("ada", "tok_visa").await;
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await.id;
    let accept = Command::Accept { runner };
    let me = Principal::User(runner);
    house.give(me, order, accept).await.unwrap();
    (customer, runner, order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_recorded_sealed_and_open_only_as_what_they_are_and_whose() {
    let house = House::new().await;
    let (customer, runner, order) = accepted(&house).await;
    let said = "  The door code is 4711\nring twice ";
    let text = seal(&house, runner, FreeText::Message, said).unwrap();
    let me = Principal::User(runner);
    house
        .give(me, order, Command::Message { text })
        .await
        .unwrap();

    let records = house.records(Stream::Order(order)).await;
    let record = &records.last().unwrap().record;
    let Events::Order(events) = &record.events else {
        panic!("an order's record")
    };
    let words = SealedFreeText::of(record.principal, &events[0]).unwrap();
    assert!(matches!(
        &events[0],
        Event::Contact(ContactEvent::MessageSent { .. })
    ));
    assert_eq!((words.author, words.wording), (me, FreeText::Message));
    assert!(!words.sealed.0.windows(4).any(|bytes| bytes == b"4711"));

    let opened = open(&house, &words);
    assert_eq!(opened.as_deref(), Some(said.trim()));
    for wording in WORDINGS.into_iter().filter(|w| *w != FreeText::Message) {
        let other = SealedFreeText {
            wording,
            ..words.clone()
        };
        assert_eq!(open(&house, &other), None, "{wording:?}");
    }
    for author in [Principal::User(customer), Principal::System] {
        let other = SealedFreeText {
            author,
            ..words.clone()
        };
        assert_eq!(open(&house, &other), None, "{author:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_words_of_the_widest_letters_are_taken_and_longer_ones_name_their_field() {
    let house = House::new().await;
    let (_, runner, order) = accepted(&house).await;
    let me = Principal::User(runner);
    for letter in ["\u{1F9C6}", "\"", "\n"] {
        let longest = format!("x{}x", letter.repeat(FreeText::Message.most() - 2));
        let text = seal(&house, runner, FreeText::Message, &longest).unwrap();
        let given = house.give(me, order, Command::Message { text }).await;
        assert!(given.is_ok(), "{letter:?}: {given:?}");
    }
    for wording in WORDINGS {
        let too_long = "x".repeat(wording.most() + 1);
        for bad in [too_long.as_str(), "", " \n ", "\u{200B}", "a\u{0}b"] {
            let refused = seal(&house, runner, wording, bad).unwrap_err();
            let Refusal::Rejected {
                rejection: Rejection::InvalidField { field, .. },
                ..
            } = refused
            else {
                panic!("{wording:?} {bad:?}: {refused}")
            };
            assert_eq!(field, wording.field());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_reasons_are_words_too() {
    let house = House::new().await;
    let boss = house.operator().await;
    let long = "x".repeat(FreeText::Reason.most() + 1);
    let refused = house.runtime.top_up(operator(boss), Cents(1), &long);
    assert_eq!(refused.await.unwrap_err().code(), "invalid_field");
    let sealed = seal(&house, boss, FreeText::Reason, "of the month");
    let words = SealedFreeText {
        author: Principal::Operator(boss),
        wording: FreeText::Reason,
        sealed: sealed.unwrap(),
    };
    assert_eq!(open(&house, &words).as_deref(), Some("of the month"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_key_seals_nothing() {
    let house = House::new().await;
    let sealed = house
        .runtime
        .seal_free_text(Principal::System, FreeText::Reason, "because");
    assert_eq!(sealed.unwrap_err().code(), "not_allowed");
}
