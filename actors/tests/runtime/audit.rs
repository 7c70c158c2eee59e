//! The audit log through a whole runtime: every act of an operator with its reason, and no party's acts.

use crate::common::{House, PASSWORD, operator, wish};
use campusg_actors::runtime::{
    Act, AuditPage, FreeText, GetAudit, PlaceOrder, ReadNotice, SealFreeText, Secret, SendNotice,
    SetCard, SetRunner, SignIn, Suspend, TopUp, WriteOff,
};
use campusg_domain::{
    call::CardToken,
    id::{OrderId, Principal, Seq, Stream, UserId},
    money::Cents,
    order::{Command, Sealed},
};

async fn because(house: &House, boss: UserId, why: &str) -> Sealed {
    let words = SealFreeText {
        author: Principal::Operator(boss),
        wording: FreeText::Reason,
        text: why.into(),
    };
    house.runtime.query(words).await.unwrap()
}

async fn page(house: &House, before: Option<Seq>, limit: usize) -> AuditPage {
    house
        .runtime
        .query(GetAudit { before, limit })
        .await
        .unwrap()
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
    let reason = because(&house, boss, "one").await;
    give(&house, boss, order, Command::Hold { reason }).await;
    for (suspended, why) in [(true, "two"), (false, "three")] {
        let suspend = Suspend {
            user: customer,
            suspended,
            reason: why.into(),
        };
        run.command(caller(), suspend).await.unwrap();
    }
    let write_off = WriteOff {
        user: customer,
        cents: Some(Cents(100)),
        reason: "four".into(),
    };
    run.command(caller(), write_off).await.unwrap();
    let top_up = TopUp {
        cents: Cents(100),
        reason: "five".into(),
    };
    run.command(caller(), top_up).await.unwrap();

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
    let suspend = |reason: &str| Suspend {
        user: customer,
        suspended: true,
        reason: reason.into(),
    };
    let run = &house.runtime;
    let refused = run.command(operator(boss), suspend(" ")).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_field");
    run.command(operator(boss), suspend("once")).await.unwrap();
    run.command(operator(boss), suspend("again")).await.unwrap();
    assert_eq!(told(&all(&house).await), [("suspend", Some("once"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_operators_do_for_themselves_is_not_told() {
    let house = House::new().await;
    let boss = house.operator().await;
    let (run, caller) = (&house.runtime, || operator(boss));
    let sign_in = SignIn {
        email: "olivia@campus.example".into(),
        password: Secret(PASSWORD.into()),
    };
    run.command(caller(), sign_in).await.unwrap();
    run.command(caller(), SetCard(CardToken("tok_visa".into())))
        .await
        .unwrap();
    let active = SetRunner {
        active: true,
        online: true,
    };
    run.command(caller(), active).await.unwrap();
    let mine = run
        .command(caller(), PlaceOrder(wish()))
        .await
        .unwrap()
        .order
        .id;
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

    let notice = SendNotice {
        user: boss,
        title: "To myself".into(),
        message: "Remember".into(),
        order: None,
        data: None,
    };
    let notice = run.command(caller(), notice).await.unwrap();
    run.command(caller(), ReadNotice(notice)).await.unwrap();
    assert_eq!(told(&all(&house).await), [("send_notice", None)]);
}
