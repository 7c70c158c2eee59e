//! Notices: sent, read, and not delivered.

use crate::common::{House, Settings, operator, plain, wish};
use campusg_actors::{
    port::notifier::{NotDelivered, Notifier, Outgoing},
    runtime::NewNotice,
};
use campusg_domain::{id::UserId, record::Events};
use futures_util::{FutureExt, future::BoxFuture};
use std::sync::Arc;

/// Fails for one person, at once or later.
#[derive(Debug, Default)]
struct Unreachable {
    fails: std::sync::Mutex<Option<UserId>>,
}

impl Notifier for Unreachable {
    fn deliver(&self, notice: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>> {
        let fails = *self.fails.lock().unwrap() == Some(notice.to);
        async move {
            if notice.id.seq.0.is_multiple_of(2) {
                tokio::task::yield_now().await;
            }
            if fails {
                Err(NotDelivered("nobody there".into()))
            } else {
                Ok(())
            }
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_are_sent_and_read_and_a_failed_delivery_is_recorded() {
    let notifier = Arc::new(Unreachable::default());
    let house = House::with(Settings {
        notifier: Some(Arc::clone(&notifier) as Arc<dyn Notifier>),
        ..Settings::default()
    })
    .await;
    let (boss, user) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    *notifier.fails.lock().unwrap() = Some(user);
    let send = |title: &str| NewNotice {
        user,
        title: title.into(),
        message: "text".into(),
        order: None,
        data: Some("{\"n\":1}".into()),
    };
    let first = house
        .runtime
        .send_notice(operator(boss), send("one"))
        .await
        .unwrap();
    house
        .runtime
        .send_notice(operator(boss), send("two"))
        .await
        .unwrap();
    house
        .runtime
        .place_order(plain(user), wish())
        .await
        .unwrap();
    let failed = |entries: &[campusg_domain::record::Entry]| {
        let inbox = entries
            .iter()
            .filter_map(|entry| match &entry.record.events {
                Events::Inbox(events) => Some(events),
                _ => None,
            });
        let failed = |event: &&campusg_domain::owner::inbox::Event| {
            matches!(event, campusg_domain::owner::inbox::Event::Failed { .. })
        };
        inbox.flatten().filter(failed).count()
    };
    house
        .tap()
        .until("five failures", |entries| {
            (failed(entries) >= 5).then_some(())
        })
        .await;
    house.runtime.read_notice(plain(user), first).await.unwrap();
    house.runtime.read_notice(plain(user), first).await.unwrap();
    let inbox = house.runtime.inbox(user, None, 100).await.unwrap();
    let state = |id| {
        inbox
            .notices
            .iter()
            .find(|notice| notice.id == id)
            .map(|notice| (notice.read, notice.failed_outside))
    };
    assert_eq!(
        state(first),
        Some((true, true)),
        "read in the inbox all the same"
    );
    let others = inbox.notices.iter().filter(|notice| notice.id != first);
    assert!(
        others
            .clone()
            .all(|notice| !notice.read && notice.failed_outside),
        "{inbox:#?}"
    );
    assert_eq!(inbox.unread as usize, others.count());
    let strange = house
        .runtime
        .read_notice(plain(boss), first)
        .await
        .unwrap_err();
    assert_eq!(strange.code(), "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e3_without_a_channel_nothing_is_said_to_have_left_the_inbox() {
    let house = House::with(Settings::default()).await;
    let user = house.customer("ada", "tok_visa").await;
    house
        .runtime
        .place_order(plain(user), wish())
        .await
        .unwrap();
    let inbox = house.runtime.inbox(user, None, 100).await.unwrap();
    assert!(!inbox.notices.is_empty());
    for notice in inbox.notices {
        assert_eq!((notice.read, notice.failed_outside), (false, false));
    }
}
