//! Cards and bank accounts that people enter on the sandbox's own page.

use super::*;
use campusg_domain::{
    gateway::{GatewayEvent, Method, MethodKind, News},
    id::UserId,
};
use campusg_sandbox::Setup;

const ADA: UserId = UserId::from_bytes([7; 16]);

fn setup(kind: MethodKind, return_url: &str) -> Setup {
    Setup {
        key: CallKey::of_setup(ADA, kind, 3),
        kind,
        return_url: return_url.into(),
        entered: None,
    }
}

fn begin(bench: &Bench, id: &str, kind: MethodKind) -> Result<String, Misuse> {
    let begun = bench
        .book
        .begin_setup(id.into(), setup(kind, "/me"), bench.now);
    begun.unwrap().outcome
}

fn enter(bench: &Bench, id: &str, token: &str) -> Result<Setup, Misuse> {
    bench.book.enter(id, token, bench.now).unwrap().outcome
}

fn told(bench: &Bench) -> Vec<GatewayEvent> {
    let events = bench.book.events(0, 99, bench.now).unwrap();
    events.into_iter().map(|(_, event)| event).collect()
}

#[test]
fn what_is_entered_is_told_once_under_the_persons_key() {
    for (kind, token, method) in [
        (
            MethodKind::Card,
            "tok_down_3",
            Method::Card(CardToken("tok_down_3".into())),
        ),
        (
            MethodKind::BankAccount,
            "acct_late",
            Method::BankAccount(AccountToken("acct_late".into())),
        ),
    ] {
        let bench = Bench::new();
        assert_eq!(begin(&bench, "s", kind), Ok("/sandbox/setup/s".into()));
        let open = bench.book.setup("s", NOW).unwrap();
        assert_eq!((open, told(&bench)), (Some(setup(kind, "/me")), vec![]));
        let bench = bench.reopen();
        let entered = Setup {
            entered: Some(method.clone()),
            ..setup(kind, "/me")
        };
        assert_eq!(enter(&bench, "s", token), Ok(entered.clone()));
        assert_eq!(
            enter(&bench, "s", token),
            Ok(entered.clone()),
            "picked twice"
        );
        let bench = bench.reopen();
        assert_eq!(bench.book.setup("s", NOW).unwrap(), Some(entered));
        let event = GatewayEvent {
            id: "evt_1".parse().unwrap(),
            key: CallKey::of_setup(ADA, kind, 3),
            news: News::Method(method),
        };
        assert_eq!(told(&bench), [event]);
    }
}

#[test]
fn what_is_no_card_or_account_is_not_entered_and_nothing_twice() {
    let bench = Bench::new();
    begin(&bench, "card", MethodKind::Card).unwrap();
    begin(&bench, "account", MethodKind::BankAccount).unwrap();
    for (id, token) in [
        ("nobody", "tok_visa"),
        ("card", "acct_bank"),
        ("card", "tok_unknown"),
        ("account", "tok_visa"),
        ("account", ""),
    ] {
        assert_eq!(
            enter(&bench, id, token),
            Err(Misuse::NothingToEnter),
            "{id} {token}"
        );
    }
    assert_eq!(told(&bench), []);
    enter(&bench, "card", "tok_visa").unwrap();
    assert_eq!(
        enter(&bench, "card", "tok_late"),
        Err(Misuse::NothingToEnter)
    );
    assert_eq!(told(&bench).len(), 1);
    assert_eq!(bench.book.setup("nobody", NOW).unwrap(), None);
}

#[test]
fn where_a_person_goes_on_fits_on_a_line() {
    let bench = Bench::new();
    let begin = |return_url: &str| {
        let setup = setup(MethodKind::Card, return_url);
        bench
            .book
            .begin_setup("s".into(), setup, NOW)
            .unwrap()
            .outcome
    };
    for none in ["", "two words", "tab\t", &"x".repeat(501)] {
        assert_eq!(begin(none), Err(Misuse::MalformedAddress), "{none}");
    }
    assert!(begin(&"x".repeat(500)).is_ok());
}
