//! Cards and bank accounts that people enter on the gateway's own page: put on file by the event that tells them, once.

use crate::{
    common::{House, Settings, plain, unkeyed},
    new_cards::debtor,
};
use campusg_actors::runtime::MethodKind;
use campusg_domain::{
    call::CardToken,
    gateway::{CallKey, EventCursor, GatewayEvent, Method, News, PaymentGateway},
    id::{Principal, Stream, UserId},
    money::Cents,
    owner::{directory::UserEvent, wallet::Event},
    record::{Entry, Events},
    stream::Meta,
};
use std::time::Duration;

/// The gateway is never asked for events: what comes, comes by messages.
fn unasked() -> Settings {
    Settings {
        gateway_poll: Duration::from_secs(3_600),
        ..Settings::default()
    }
}

/// Enters this on the gateway's page; the event that tells it.
async fn entered(house: &House, user: UserId, kind: MethodKind, token: &str) -> GatewayEvent {
    let begun = house.runtime.begin_setup(plain(user), kind, "/me".into());
    let page = begun.await.unwrap();
    let id = page.strip_prefix("/sandbox/setup/").unwrap();
    let sandbox = house.sandbox.as_ref().unwrap();
    let setup = sandbox.enter(id.into(), token.into()).await.unwrap();
    assert_eq!(setup.return_url, "/me");
    let told = sandbox.events(EventCursor::default()).await.unwrap();
    told.events.last().unwrap().clone()
}

fn gateway() -> Meta {
    unkeyed(Principal::Gateway)
}

async fn tell(house: &House, event: &GatewayEvent) {
    let told = house.runtime.take_gateway_event(gateway(), event.clone());
    told.await.unwrap();
}

/// What was put on file for somebody, in order.
async fn put_on_file(house: &House, user: UserId) -> Vec<String> {
    let records = house.records(Stream::User(user)).await;
    let events = records.iter().flat_map(|entry| match &entry.record.events {
        Events::User(events) => events.as_slice(),
        _ => &[],
    });
    let put = events.filter_map(|event| match event {
        UserEvent::CardSet(card) => Some(card.token.0.clone()),
        UserEvent::PayoutMethodSet(method) => Some(method.token.0.clone()),
        _ => None,
    });
    put.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_entered_is_put_on_file_once_and_replaces_nothing_younger() {
    let house = House::with(unasked()).await;
    let user = house.register("ada").await;
    let card = entered(&house, user, MethodKind::Card, "tok_late").await;
    let account = entered(&house, user, MethodKind::BankAccount, "acct_late").await;
    for event in [&card, &account, &card, &account] {
        tell(&house, event).await;
    }
    assert_eq!(put_on_file(&house, user).await, ["tok_late", "acct_late"]);
    let younger = CardToken("tok_visa".into());
    house.runtime.set_card(plain(user), younger).await.unwrap();

    let house = house.restart().await;
    let written = house.actors().await.written;
    for event in [&account, &card] {
        tell(&house, event).await;
    }
    assert_eq!(house.actors().await.written, written, "it was told again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_makes_up_is_put_on_no_file() {
    let house = House::with(unasked()).await;
    let user = house.register("ada").await;
    let written = house.actors().await.written;
    let method = |token: &str| Method::Card(CardToken(token.into()));
    let nobody = UserId::from_bytes([9; 16]);
    let (mine, theirs) = (
        CallKey::of_setup(user, MethodKind::Card),
        CallKey::of_setup(nobody, MethodKind::Card),
    );
    for (n, (key, method)) in [
        (mine, method("tok_made_up")),
        (theirs, method("tok_visa")),
        (
            CallKey::of_setup(user, MethodKind::BankAccount),
            method("tok_visa"),
        ),
        (format!("user:{user}").as_str().into(), method("tok_visa")),
        ("nonsense".into(), method("tok_visa")),
    ]
    .into_iter()
    .enumerate()
    {
        let event = GatewayEvent {
            id: format!("made-up-{n}").parse().unwrap(),
            key,
            news: News::Method(method),
        };
        tell(&house, &event).await;
    }
    assert_eq!(house.actors().await.written, written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_was_entered_pays_what_is_owed() {
    let house = House::new().await;
    let customer = debtor(&house).await;
    let debt = async || {
        let balance = house.runtime.wallet_balance(customer).await;
        balance.unwrap().debt
    };
    assert!(debt().await.is_positive());
    let event = entered(&house, customer, MethodKind::Card, "tok_visa").await;
    tell(&house, &event).await;
    let paid = |entries: &[Entry]| {
        let mut events = entries.iter().flat_map(|entry| match &entry.record.events {
            Events::Wallet(events) => events.as_slice(),
            _ => &[],
        });
        events
            .any(|event| matches!(event, Event::DebtPaid { .. }))
            .then_some(())
    };
    house.tap().until("the debt is paid", paid).await;
    assert_eq!(debt().await, Cents::ZERO);
}
