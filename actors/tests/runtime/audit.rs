//! The audit log through a whole runtime: every act of an operator with its reason, and no party's acts.

use crate::common::{House, PASSWORD, operator, wish};
use campusg_actors::runtime::{Act, AuditPage, FreeText, NewNotice, Secret};
use campusg_domain::{
    call::CardToken,
    id::{OrderId, Principal, Seq, Stream, UserId},
    money::Cents,
    order::Command,
    owner::directory::RunnerState,
    text::Sealed,
};

fn because(house: &House, boss: UserId, why: &str) -> Sealed {
    let author = Principal::Operator(boss);
    let sealed = house.runtime.seal_free_text(author, FreeText::Reason, why);
    sealed.unwrap()
}

async fn page(house: &House, before: Option<Seq>, limit: usize) -> AuditPage {
    house.runtime.audit(before, limit).await.unwrap()
}

async fn all(house: &House) -> Vec<Act> {
    page(house, None, 100).await.acts
}

fn told(acts: &[Act]) -> Vec<(&'static str, Option<&str>)> {
    acts.iter()
        .map(|act| (act.name, act.reason.as_deref()))
        .collect()
}

async fn give(house: &House, boss: UserId, order: OrderId, command: Command) {
    house
        .give(Principal::Operator(boss), order, command)
        .await
        .unwrap();
}

/// Somebody whose card failed, so that there is a debt.
async fn debtor(house: &House) -> UserId {
    let customer = house.customer("dora", "tok_capture_fails").await;
    let runner = house.runner("ravi").await;
    let order = house.place(customer).await.id;
    house.carry_out(runner, order).await;
    house
        .until_actors("every call is decided", |actors| actors.open_calls == 0)
        .await;
    customer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_accounts_and_wallets_tell_what_was_done_and_why() {
    let house = House::new().await;
    let (boss, customer) = (house.operator().await, debtor(&house).await);
    let (run, caller) = (&house.runtime, || operator(boss));
    let order = house.customer("ada", "tok_visa").await;
    let order = house.place(order).await.id;
    let reason = because(&house, boss, "one");
    give(&house, boss, order, Command::Hold { reason }).await;
    for (suspended, why) in [(true, "two"), (false, "three")] {
        run.suspend(caller(), customer, suspended, why)
            .await
            .unwrap();
    }
    run.write_off(caller(), customer, Some(Cents(100)), "four")
        .await
        .unwrap();
    run.top_up(caller(), Cents(100), "five").await.unwrap();

    let expected = [
        ("top_up", Some("five")),
        ("write_off", Some("four")),
        ("reinstate", Some("three")),
        ("suspend", Some("two")),
        ("hold", Some("one")),
    ];
    let acts = all(&house).await;
    assert_eq!(told(&acts), expected);
    assert!(acts.iter().all(|act| act.operator == boss));
    assert_eq!(acts[4].entry.record.stream, Stream::Order(order));
    let written = format!("{:?}", house.all_records().await);
    for why in ["two", "three", "four"] {
        assert!(
            !written.contains(&format!("\"{why}\"")),
            "reasons are recorded sealed"
        );
    }

    let (mut paged, mut before) = (vec![], None);
    loop {
        let next = page(&house, before, 2).await;
        assert!(next.acts.len() <= 2);
        paged.extend(next.acts);
        before = next.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(told(&paged), expected, "page by page");
    let house = house.restart().await;
    assert_eq!(told(&all(&house).await), expected, "after a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_refused_or_repeated_is_not_told_twice() {
    let house = House::new().await;
    let (boss, customer) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let suspend = |reason| {
        house
            .runtime
            .suspend(operator(boss), customer, true, reason)
    };
    let refused = suspend(" ").await.unwrap_err();
    assert_eq!(refused.code(), "invalid_field");
    suspend("once").await.unwrap();
    suspend("again").await.unwrap();
    assert_eq!(told(&all(&house).await), [("suspend", Some("once"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_operators_do_for_themselves_is_not_told() {
    let house = House::new().await;
    let boss = house.operator().await;
    let (run, caller) = (&house.runtime, || operator(boss));
    let password = Secret(PASSWORD.into());
    run.sign_in(caller(), "olivia@campus.example", password)
        .await
        .unwrap();
    run.set_card(caller(), CardToken("tok_visa".into()))
        .await
        .unwrap();
    let active = RunnerState {
        active: true,
        online: true,
    };
    run.set_runner(caller(), active).await.unwrap();
    let mine = run.place_order(caller(), wish()).await.unwrap().order.id;
    let me = Principal::Operator(boss);
    let cancel = Command::Cancel {
        accept_charge: Cents::ZERO,
    };
    house.give(me, mine, cancel).await.unwrap();
    let customer = house.customer("ada", "tok_visa").await;
    let theirs = house.place(customer).await.id;
    house
        .give(me, theirs, Command::Accept { runner: boss })
        .await
        .unwrap();
    house
        .give(me, theirs, Command::CancelAcceptance)
        .await
        .unwrap();
    assert_eq!(told(&all(&house).await), []);

    let notice = NewNotice {
        user: boss,
        title: "To myself".into(),
        message: "Remember".into(),
        order: None,
        data: None,
    };
    let notice = run.send_notice(caller(), notice).await.unwrap();
    run.read_notice(caller(), notice).await.unwrap();
    assert_eq!(told(&all(&house).await), [("send_notice", None)]);
}
