//! Requests in flight over real loopback connections, to test routes: held, slow, broken off, too large.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use super::*;
use crate::{serve::serve, shell};
use axum::{
    Router,
    extract::State,
    middleware::{Next, from_fn_with_state},
    response::IntoResponse,
    routing::{get, post},
};
use campusg_domain::id::{Principal, Seq, SessionId};
use serde_json::Value;
use std::{future::pending, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// Starts a server: `/holds` notifies `began` and never answers; `/takes` and `/photo` answer with the number of
/// bytes that came; `/health` is a probe.
async fn server(config: HttpConfig) -> (SocketAddr, Arc<Notify>) {
    let (flights, began) = (Arc::new(Flights::new(&config)), Arc::new(Notify::new()));
    let dispatch = Arc::clone(&began);
    let holds = async move || {
        dispatch.notify_one();
        pending::<&'static str>().await
    };
    let takes = async |body: axum::body::Bytes| body.len().to_string();
    let by = |load| from_fn_with_state((Arc::clone(&flights), load), in_flight);
    let router = Router::new()
        .route("/holds", get(holds).route_layer(by(Load::Usual)))
        .route("/takes", post(takes).route_layer(by(Load::Usual)))
        .route("/photo", post(takes).route_layer(by(Load::Photo)))
        .route("/health", get(async || "well").route_layer(by(Load::Probe)))
        .layer(axum::middleware::from_fn(signed_in));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, shell::wrap(router), config, pending()));
    (address, began)
}

async fn in_flight(
    State((flights, load)): State<(Arc<Flights>, Load)>,
    request: Request,
    next: Next,
) -> Response {
    let handle = async |request| Ok(next.run(request).await);
    let answer = flights.admit(load, request, handle).await;
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Signs in whoever gives a name in a header, and takes the address from a header too.
async fn signed_in(mut request: Request, next: Next) -> Response {
    sign_in(&mut request);
    next.run(request).await
}

fn sign_in(request: &mut Request) {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let user = header("user").map(|user| UserId::from_bytes([user.as_bytes()[0]; 16]));
    let address: Option<IpAddr> = header("from").and_then(|from| from.parse().ok());
    if let Some(user) = user {
        request.extensions_mut().insert(Arc::new(Authenticated {
            principal: Principal::User(user),
            user,
            session: SessionId::from_bytes([1; 16]),
            person: Arc::default(),
            durable: Seq::NONE,
        }));
    }
    if request.headers().contains_key("known") {
        request.extensions_mut().insert(Standing::Known);
    }
    if let Some(address) = address {
        request.extensions_mut().insert(Peer(address));
    }
}

async fn open(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Returns the status, with the problem's code or the plain text.
async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = vec![];
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).unwrap();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or(body);
    (status.unwrap_or_default(), code.to_owned())
}

async fn ask(address: SocketAddr, text: &str) -> (u16, String) {
    answer(open(address, text).await).await
}

/// A POST request that announces a body of `length` bytes.
fn post_to(path: &str, more: &str, length: usize, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n{body}"
    )
}

fn get_from(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n")
}

fn said(status: u16, what: &str) -> (u16, String) {
    (status, what.into())
}

/// Sends a request's head and waits until the server asks for the body.
async fn send_head(address: SocketAddr, path: &str, more: &str) -> TcpStream {
    let more = format!("{more}expect: 100-continue\r\n");
    let mut stream = open(address, &post_to(path, &more, 4, "")).await;
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 100"));
    stream
}

#[tokio::test]
async fn a_slow_body_holds_no_place_that_others_need() {
    let (address, _) = server(HttpConfig {
        requests_in_flight: 1,
        body_timeout_ms: 600_000,
        ..HttpConfig::default()
    })
    .await;
    let mut slow = vec![];
    for _ in 0..8 {
        slow.push(send_head(address, "/takes", "").await);
    }
    let quick = ask(address, &post_to("/takes", "", 4, "soup")).await;
    assert_eq!(quick, said(200, "4"));
    for mut stream in slow {
        stream.write_all(b"soup").await.unwrap();
        assert_eq!(answer(stream).await, said(200, "4"));
    }
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let (address, _) = server(HttpConfig {
        body_timeout_ms: 1,
        ..HttpConfig::default()
    })
    .await;
    let slow = send_head(address, "/takes", "").await;
    assert_eq!(answer(slow).await, said(408, "body_too_slow"));
}

#[tokio::test]
async fn health_is_answered_while_everything_else_is_refused() {
    let (address, began) = server(HttpConfig {
        requests_in_flight: 1,
        ..HttpConfig::default()
    })
    .await;
    let held = open(address, &get_from("/holds", "")).await;
    began.notified().await;
    let refused = ask(address, &get_from("/holds", "")).await;
    assert_eq!(refused, said(503, "busy"));
    assert_eq!(
        ask(address, &get_from("/health", "")).await,
        said(200, "well")
    );
    drop(held);
    // The place is free only once the server has noticed that the client is gone.
    while ask(address, &post_to("/takes", "", 4, "soup")).await != said(200, "4") {}
}

#[tokio::test]
async fn one_address_has_so_many_requests_in_flight_and_no_more() {
    let (address, began) = server(HttpConfig {
        requests_in_flight_per_ip: 1,
        ..HttpConfig::default()
    })
    .await;
    let _held = open(address, &get_from("/holds", "from: 10.0.0.1\r\n")).await;
    began.notified().await;
    let of = |from: &str| post_to("/takes", &format!("from: {from}\r\n"), 4, "soup");
    let second = ask(address, &of("10.0.0.1")).await;
    assert_eq!(second, said(429, "too_many_requests"));
    assert_eq!(ask(address, &of("10.0.0.2")).await, said(200, "4"));
}

#[tokio::test]
async fn v4_slow_uploads_keep_nobody_from_uploading() {
    let (address, _) = server(HttpConfig {
        uploads: 1,
        body_timeout_ms: 600_000,
        ..HttpConfig::default()
    })
    .await;
    let mut slow = vec![];
    for user in ["ann", "ben", "cem", "dan", "eve", "fay", "gus", "hal"] {
        let user = format!("user: {user}\r\n");
        slow.push(send_head(address, "/photo", &user).await);
    }
    for user in ["ida", "jim", "kay"] {
        let quick = post_to("/photo", &format!("user: {user}\r\n"), 4, "soup");
        assert_eq!(ask(address, &quick).await, said(200, "4"));
    }
    for mut stream in slow {
        stream.write_all(b"soup").await.unwrap();
        assert_eq!(answer(stream).await, said(200, "4"));
    }
    let nobody = ask(address, &post_to("/photo", "", 4, "soup")).await;
    assert_eq!(nobody, said(401, "not_signed_in"));
}

#[tokio::test]
async fn v4_a_new_account_uploads_one_photo_at_once_and_an_older_one_more() {
    let (address, _) = server(HttpConfig {
        uploads_per_user: 2,
        ..HttpConfig::default()
    })
    .await;
    let photo = |more: &str| post_to("/photo", more, 4, "soup");
    let (new, known) = ("user: ann\r\n", "user: ben\r\nknown: yes\r\n");
    let _first = send_head(address, "/photo", new).await;
    assert_eq!(ask(address, &photo(new)).await, said(503, "busy"));
    let _first_of_ben = send_head(address, "/photo", known).await;
    assert_eq!(ask(address, &photo(known)).await, said(200, "4"));
    let _second_of_ben = send_head(address, "/photo", known).await;
    let mut full = String::new();
    let mut refused = open(address, &photo(known)).await;
    refused.read_to_string(&mut full).await.unwrap();
    assert!(
        full.starts_with("HTTP/1.1 503") && full.contains("retry-after: 1"),
        "{full}"
    );
}

#[tokio::test]
async fn v4_no_more_of_photos_is_in_memory_than_fits_in_the_room() {
    let (address, _) = server(HttpConfig {
        uploads_bytes: 8,
        ..HttpConfig::default()
    })
    .await;
    let too_much = post_to("/photo", "user: ben\r\n", 9, "soup soup");
    assert_eq!(ask(address, &too_much).await, said(503, "busy"));
    let fits = post_to("/photo", "user: cem\r\n", 8, "soup!sou");
    assert_eq!(ask(address, &fits).await, said(200, "8"));
}

#[tokio::test]
async fn a_client_that_breaks_off_gets_no_413() {
    let (address, _) = server(HttpConfig {
        body_bytes: 1_024,
        ..HttpConfig::default()
    })
    .await;
    let mut broken = open(address, &post_to("/takes", "", 4, "so")).await;
    broken.shutdown().await.unwrap();
    assert_eq!(answer(broken).await, said(400, "body_incomplete"));
    let large = ask(address, &post_to("/takes", "", 1_025, "")).await;
    assert_eq!(large, said(413, "body_too_large"));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_unknown() {
    let (address, _) = server(HttpConfig {
        request_timeout_ms: 1,
        ..HttpConfig::default()
    })
    .await;
    let late = ask(address, &get_from("/holds", "")).await;
    assert_eq!(late, said(504, "outcome_unknown"));
}
