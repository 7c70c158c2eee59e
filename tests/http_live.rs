//! Live streams: what is new is told as it happens, by the rights of now; a client that is cut goes on where it was.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Client, Person, Wish, operation::account};
use common::{Options, Server};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// An event of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

/// An open stream.
struct Listener {
    answer: reqwest::Response,
    text: String,
}

impl Listener {
    /// Opens a stream; `Err` holds the status of a refusal.
    async fn open(
        server: &Server,
        path: &str,
        person: &Person,
        last: Option<&str>,
    ) -> Result<Self, u16> {
        let url = format!(
            "http://{}{path}",
            server.address().trim_start_matches("http://")
        );
        let mut ask = reqwest::Client::new().get(url).bearer_auth(person.token());
        if let Some(last) = last {
            ask = ask.header("last-event-id", last);
        }
        let answer = ask.send().await.unwrap();
        if answer.status() != 200 {
            return Err(answer.status().as_u16());
        }
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let text = String::new();
        Ok(Self { answer, text })
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.read())
            .await
            .expect("an event, or the end")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let lines = block.lines();
                    let mut values = lines.filter_map(|line| line.strip_prefix(name));
                    values.next().map(|value| value.trim().to_owned())
                };
                if let Some(data) = field("data:") {
                    return Some(Event {
                        name: field("event:").unwrap(),
                        id: field("id:").map(|id| id.parse().unwrap()),
                        data: serde_json::from_str(&data).unwrap(),
                    });
                }
            }
            let more = self.answer.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// Events up to the first for which `is_last` says so.
    async fn until(&mut self, is_last: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = vec![];
        while !events.last().is_some_and(&is_last) {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }
}

/// What an event says of an order: the types of its events.
fn types(event: &Event, order: &str) -> Vec<String> {
    if event.data["order"]["id"] != order {
        return vec![];
    }
    let events = event.data["order"]["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

fn is(status: &'static str, order: &str) -> impl Fn(&Event) -> bool {
    move |event| event.data["order"]["id"] == order && event.data["order"]["status"] == status
}

async fn people(client: &Client) -> (Person, Person) {
    let ann = Person::customer(client, "Ann", "tok_visa").await.unwrap();
    let ben = Person::runner(client, "Ben").await.unwrap();
    (ann, ben)
}

#[tokio::test]
async fn what_happens_is_told_to_each_by_their_rights() {
    let server = Server::start(Options::default());
    let client = server.client();
    let (ann, ben) = people(&client).await;
    let operator = server.operator(&client).await;
    let open =
        async |path: &str, person| Listener::open(&server, path, person, None).await.unwrap();
    let mut of_ann = open("/api/events", &ann).await;
    let mut of_ben = open("/api/events", &ben).await;
    assert_eq!(of_ann.next().await.unwrap().name, "hello");
    let (order, _) = ann.place_available(&Wish::lunch()).await.unwrap();
    let board = of_ben.until(|event| event.name == "board").await;
    assert!(board.last().unwrap().id.is_none());
    let mut of_order = open(&format!("/api/orders/{order}/stream"), &operator).await;
    ben.accept(&order).await.unwrap().is(200).unwrap();
    ann.cancel(&order, 1_000).await.unwrap().is(200).unwrap();

    let told = of_ann.until(is("cancelled", &order)).await;
    let told: Vec<String> = told.iter().flat_map(|event| types(event, &order)).collect();
    let history = ann
        .get(&format!("/api/orders/{order}/events"))
        .await
        .unwrap();
    let history = history.is(200).unwrap();
    let kept: Vec<String> = history
        .list("/items")
        .unwrap()
        .iter()
        .map(|event| event.text("/type").unwrap().to_owned())
        .collect();
    assert_eq!(told, kept[..told.len()], "as in the history, in its order");
    assert!(told.contains(&"cancelled".into()), "{told:?}");
    let runners = of_ben.until(is("cancelled", &order)).await;
    let text = format!("{runners:?}");
    assert!(
        !text.contains("hold_cents") && !text.contains("tok_"),
        "{text}"
    );
    let of_order = of_order.until(is("cancelled", &order)).await;
    assert!(
        of_order
            .iter()
            .any(|event| types(event, &order).contains(&"accepted".into()))
    );
    let kinds = |event: &Event| {
        let notices = event.data["notices"].as_array().unwrap();
        notices
            .iter()
            .any(|notice| notice["kind"] == "runner_cancelled" || notice["kind"] == "cancelled")
    };
    assert!(
        runners.iter().any(kinds),
        "with the runner's notice: {runners:?}"
    );
}

#[tokio::test]
async fn a_client_that_is_cut_a_hundred_times_misses_and_repeats_nothing() {
    let server = Server::start(Options {
        set: vec![
            "server.requests_per_second=0".into(),
            "policy.open_orders_per_customer=100".into(),
        ],
        ..Options::default()
    });
    let client = server.client();
    let (ann, _) = people(&client).await;
    let mut whole = Listener::open(&server, "/api/events", &ann, None)
        .await
        .unwrap();
    let hello = whole.next().await.unwrap();
    let busy = async {
        let mut last = String::new();
        for _ in 0..40 {
            let (order, _) = ann.place_available(&Wish::lunch()).await.unwrap();
            ann.cancel(&order, 1_000).await.unwrap().is(200).unwrap();
            last = order;
        }
        last
    };
    let cut = async {
        let (mut last, mut seen, mut cuts) = (hello.id.unwrap(), vec![], 0);
        while cuts < 100 {
            let id = last.to_string();
            let mut listener = Listener::open(&server, "/api/events", &ann, Some(&id))
                .await
                .unwrap();
            for _ in 0..1 + cuts % 3 {
                let Ok(Some(event)) = timeout(Duration::from_secs(2), listener.read()).await else {
                    break;
                };
                assert!(
                    event.id.is_some_and(|id| id > last),
                    "{event:?} after {last}"
                );
                last = event.id.unwrap();
                seen.push(event);
            }
            cuts += 1;
        }
        (last, seen)
    };
    let (order, (last, mut seen)) = tokio::join!(busy, cut);
    let all = whole.until(is("cancelled", &order)).await;
    let id = last.to_string();
    let mut rest = Listener::open(&server, "/api/events", &ann, Some(&id))
        .await
        .unwrap();
    let newest = all.last().unwrap().id;
    while seen.last().is_none_or(|event: &Event| event.id < newest) {
        seen.push(rest.next().await.unwrap());
    }
    let ids = |events: &[Event]| {
        events
            .iter()
            .map(|event| event.id.unwrap())
            .collect::<Vec<_>>()
    };
    let until_newest: Vec<Event> = seen
        .into_iter()
        .filter(|event| event.id <= newest)
        .collect();
    assert_eq!(ids(&until_newest), ids(&all));
    assert!(all.len() >= 80, "{}", all.len());
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_it() {
    let mut server = Server::start(Options {
        set: vec!["server.streams_per_user=2".into()],
        ..Options::default()
    });
    let client = server.client();
    let (ann, ben) = people(&client).await;
    let (order, _) = ann.place_available(&Wish::lunch()).await.unwrap();
    let path = format!("/api/orders/{order}/stream");
    let refused = async |path: &str, person: &Person, last| {
        Listener::open(&server, path, person, last).await.err()
    };
    assert_eq!(refused(&path, &ben, None).await, Some(404), "a stranger");
    assert_eq!(refused("/api/events", &ben, Some("x")).await, Some(400));
    let mut future = Listener::open(&server, "/api/events", &ben, Some("999999999"))
        .await
        .unwrap();
    assert_eq!(future.next().await.unwrap().name, "reset");
    let mut second = Listener::open(&server, "/api/events", &ben, None)
        .await
        .unwrap();
    assert_eq!(second.next().await.unwrap().name, "hello");
    assert_eq!(refused("/api/events", &ben, None).await, Some(429));
    drop(second);

    // Who goes off duty sees the board no more: another stream is for them.
    ben.send(account::set_runner(false, false))
        .await
        .unwrap()
        .is(200)
        .unwrap();
    while future.next().await.is_some() {}

    let mut of_ann = Listener::open(&server, &path, &ann, None).await.unwrap();
    assert_eq!(of_ann.next().await.unwrap().name, "hello");
    let out = ApiRequest::new(Method::DELETE, "/api/sessions/current");
    ann.send(out).await.unwrap();
    assert_eq!(of_ann.next().await, None, "signed out");
    let mut of_ben = Listener::open(&server, "/api/events", &ben, None)
        .await
        .unwrap();
    assert_eq!(of_ben.next().await.unwrap().name, "hello");
    server.stop();
    assert_eq!(
        of_ben.next().await,
        None,
        "the server stops at once, and in order"
    );
}
