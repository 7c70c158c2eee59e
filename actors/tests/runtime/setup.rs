//! Cards and bank accounts that people enter on the gateway's own page: put on file by the event that tells them, once.

use crate::{
    common::{House, Settings, keyed, plain, unkeyed},
    new_cards::debtor,
};
use campusg_actors::runtime::MethodKind;
use campusg_domain::{
    call::{AccountToken, CardToken},
    gateway::{CallKey, EventCursor, GatewayEvent, Method, News, PaymentGateway},
    id::{Fingerprint, Principal, Stream, UserId},
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
    let page = begun(house, user, kind).await;
    entered_on(house, &page, token).await
}

async fn begun(house: &House, user: UserId, kind: MethodKind) -> String {
    let begun = house.runtime.begin_setup(plain(user), kind, "/me".into());
    begun.await.unwrap()
}

async fn entered_on(house: &House, page: &str, token: &str) -> GatewayEvent {
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

/// What somebody chooses after they entered something on the gateway's page.
#[derive(Clone, Copy, Debug)]
enum Newer {
    Put,
    PutAndRemoved,
    RemovedBeforeItCame,
    Begun,
    BegunAndEntered,
}

async fn choose(house: &House, user: UserId, kind: MethodKind, newer: Newer) {
    let runtime = &house.runtime;
    let put = async || match kind {
        MethodKind::Card => {
            let set = runtime.set_card(plain(user), CardToken("tok_visa".into()));
            set.await.map(drop).unwrap();
        }
        MethodKind::BankAccount => {
            let set = runtime.set_payout_method(plain(user), AccountToken("acct_bank".into()));
            set.await.map(drop).unwrap();
        }
    };
    let removed = async || match kind {
        MethodKind::Card => runtime.remove_card(plain(user)).await.unwrap(),
        MethodKind::BankAccount => runtime.remove_payout_method(plain(user)).await.unwrap(),
    };
    match newer {
        Newer::Put => put().await,
        Newer::PutAndRemoved => {
            put().await;
            removed().await;
        }
        Newer::RemovedBeforeItCame => removed().await,
        Newer::Begun => drop(begun(house, user, kind).await),
        Newer::BegunAndEntered => {
            let token = match kind {
                MethodKind::Card => "tok_visa",
                MethodKind::BankAccount => "acct_bank",
            };
            let event = entered(house, user, kind, token).await;
            tell(house, &event).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setup_brings_back_nothing_that_its_owner_replaced_or_removed_since() {
    let mut house = House::with(unasked()).await;
    let mut late = Vec::new();
    for newer in [
        Newer::Put,
        Newer::PutAndRemoved,
        Newer::RemovedBeforeItCame,
        Newer::Begun,
        Newer::BegunAndEntered,
    ] {
        let user = house.register(&format!("{newer:?}").to_lowercase()).await;
        for (kind, token) in [
            (MethodKind::Card, "tok_late"),
            (MethodKind::BankAccount, "acct_late"),
        ] {
            late.push(entered(&house, user, kind, token).await);
            choose(&house, user, kind, newer).await;
        }
    }
    for _ in 0..2 {
        let written = house.actors().await.written;
        for event in late.iter().rev() {
            tell(&house, event).await;
        }
        assert_eq!(house.actors().await.written, written, "it came back");
        house = house.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_is_a_setup_of_its_own_under_one_key_too() {
    let house = House::with(unasked()).await;
    let user = house.register("ada").await;
    let meta = keyed(user, "page", Fingerprint(0));
    let begin = || {
        let begun = house
            .runtime
            .begin_setup(meta.clone(), MethodKind::Card, "/me".into());
        async { begun.await.unwrap() }
    };
    let (first, second) = (begin().await, begin().await);
    let late = entered_on(&house, &first, "tok_late").await;
    let newer = entered_on(&house, &second, "tok_visa").await;
    assert_ne!(late.key, newer.key);
    for event in [&newer, &late] {
        tell(&house, event).await;
    }
    assert_eq!(put_on_file(&house, user).await, ["tok_visa"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_makes_up_is_put_on_no_file() {
    let house = House::with(unasked()).await;
    let user = house.register("ada").await;
    for kind in [MethodKind::Card, MethodKind::BankAccount] {
        begun(&house, user, kind).await;
    }
    let written = house.actors().await.written;
    let method = |token: &str| Method::Card(CardToken(token.into()));
    let nobody = UserId::from_bytes([9; 16]);
    let (mine, theirs) = (
        CallKey::of_setup(user, MethodKind::Card, 1),
        CallKey::of_setup(nobody, MethodKind::Card, 1),
    );
    let key = |rest: &str| CallKey::from(format!("user:{user}/{rest}").as_str());
    for (n, (key, method)) in [
        (mine, method("tok_made_up")),
        (theirs, method("tok_visa")),
        (
            CallKey::of_setup(user, MethodKind::BankAccount, 1),
            method("tok_visa"),
        ),
        (format!("user:{user}").as_str().into(), method("tok_visa")),
        (key("setup/card"), method("tok_visa")),
        (key("setup/card/"), method("tok_visa")),
        (key("setup/card/01"), method("tok_visa")),
        (key("setup/card/2"), method("tok_visa")),
        (key("setup/card/-1"), method("tok_visa")),
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
