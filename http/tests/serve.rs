//! The accept loop over real connections on loopback: slow heads, many heads, slow readers, many connections, stopping.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use axum::{Router, routing::get};
use campusg_http::{HttpConfig, serve};
use std::{future::pending, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<usize>,
}

async fn start(router: Router, config: HttpConfig) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    Server {
        address,
        stop,
        ended: tokio::spawn(serve(listener, router, config, stopped)),
    }
}

fn fine() -> Router {
    Router::new().route("/", get(async || "fine"))
}

async fn ask(stream: &mut TcpStream, head: &str) {
    stream.write_all(head.as_bytes()).await.unwrap();
}

/// Everything up to the end of the connection. A reset is an end too.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = vec![];
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// One answer of a connection that stays open.
async fn one(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const GET_AND_CLOSE: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let server = start(
        fine(),
        HttpConfig {
            header_timeout_ms: 30,
            ..HttpConfig::default()
        },
    )
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, "GET / HTTP/1.1\r\nhost:").await;
    assert!(!rest(stream).await.contains("200"));
}

#[tokio::test]
async fn a_silent_connection_is_cut() {
    let server = start(
        fine(),
        HttpConfig {
            header_timeout_ms: 30,
            ..HttpConfig::default()
        },
    )
    .await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_cut_after_its_answer() {
    let server = start(
        fine(),
        HttpConfig {
            header_timeout_ms: 30,
            ..HttpConfig::default()
        },
    )
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, GET).await;
    assert!(rest(stream).await.ends_with("fine"), "and then the end");
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let server = start(
        fine(),
        HttpConfig {
            max_headers: 4,
            buffer_bytes: 8_192,
            ..HttpConfig::default()
        },
    )
    .await;
    for head in [
        "a: b\r\n".repeat(5),
        format!("a: {}\r\n", "x".repeat(10_000)),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        ask(&mut stream, &format!("GET / HTTP/1.1\r\n{head}\r\n")).await;
        assert!(rest(stream).await.starts_with("HTTP/1.1 431"));
    }
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let server = start(
        fine(),
        HttpConfig {
            connections_per_ip: 1,
            ..HttpConfig::default()
        },
    )
    .await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    ask(&mut first, GET).await;
    assert!(one(&mut first, "fine").await.contains("200 OK"));
    assert_eq!(
        rest(TcpStream::connect(server.address).await.unwrap()).await,
        ""
    );
    ask(&mut first, GET_AND_CLOSE).await;
    assert!(rest(first).await.ends_with("fine"));
}

#[tokio::test]
async fn a_connection_above_the_limit_waits_for_a_free_one() {
    let config = HttpConfig {
        connections: 1,
        connections_per_ip: 1,
        ..HttpConfig::default()
    };
    let server = start(fine(), config).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    ask(&mut first, GET).await;
    one(&mut first, "fine").await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    ask(&mut second, GET_AND_CLOSE).await;
    drop(first);
    assert!(rest(second).await.ends_with("fine"));
}

#[tokio::test]
async fn a_connection_that_takes_nothing_of_its_answer_is_cut() {
    // More than the buffers of both ends hold.
    let large = async || vec![b'x'; 64 * 1024 * 1024];
    let config = HttpConfig {
        connections: 1,
        connections_per_ip: 1,
        write_timeout_ms: 30,
        ..HttpConfig::default()
    };
    let server = start(fine().route("/large", get(large)), config).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    ask(&mut first, "GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    ask(&mut second, GET_AND_CLOSE).await;
    assert!(
        rest(second).await.ends_with("fine"),
        "the first has left its place"
    );
    drop(first);
}

#[tokio::test]
async fn stopping_lets_a_request_in_flight_end_and_takes_no_new_connection() {
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (dispatch, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let handler = async move || {
        dispatch.notify_one();
        wait.notified().await;
        "done"
    };
    let server = start(
        Router::new().route("/", get(handler)),
        HttpConfig::default(),
    )
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, GET).await;
    began.notified().await;
    server.stop.send(()).unwrap();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert!(
        rest(stream).await.ends_with("done"),
        "though it was to be kept alive, it ends"
    );
    assert_eq!(server.ended.await.unwrap(), 0);
}

#[tokio::test]
async fn what_does_not_end_when_stopping_is_cut() {
    let began = Arc::new(Notify::new());
    let dispatch = Arc::clone(&began);
    let handler = async move || {
        dispatch.notify_one();
        pending::<&'static str>().await
    };
    let config = HttpConfig {
        drain_timeout_ms: 20,
        ..HttpConfig::default()
    };
    let server = start(Router::new().route("/", get(handler)), config).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, GET).await;
    began.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), 1);
    assert_eq!(rest(stream).await, "");
}
