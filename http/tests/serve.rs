//! The accept loop over real connections on loopback: slow heads, many heads, slow readers, many connections, stopping.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
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
        let told = rest(stream).await;
        assert!(told.starts_with("HTTP/1.1 431"), "{told}");
        assert!(is_problem(&told, 431, "head_too_large"), "{told}");
    }
}

/// Whether an answer has a problem as its body, and says its length.
fn is_problem(told: &str, status: u16, code: &str) -> bool {
    let (head, body) = told.split_once("\r\n\r\n").unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    head.contains("content-type: application/problem+json")
        && head.contains(&format!("content-length: {}", body.len()))
        && problem["code"] == code
        && problem["status"] == status
}

#[tokio::test]
async fn d4_what_hyper_refuses_is_a_problem_too() {
    let server = start(fine(), HttpConfig::default()).await;
    for head in [
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "G\u{e4}T / HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        ask(&mut stream, head).await;
        let told = rest(stream).await;
        assert!(is_problem(&told, 400, "bad_request"), "{head:?}: {told}");
    }
    // On a connection that has answered before.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, GET).await;
    one(&mut stream, "fine").await;
    ask(&mut stream, "nonsense\r\n\r\n").await;
    let told = rest(stream).await;
    assert!(is_problem(&told, 400, "bad_request"), "{told}");
}

/// Sends a request with a body of five million bytes to a server that does not read it, then reads the answer.
async fn upload(server: &Server, head: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..500 {
        stream.write_all(&[b'x'; 10_000]).await?;
    }
    stream.shutdown().await?;
    let mut told = String::new();
    stream.read_to_string(&mut told).await?;
    Ok(told)
}

#[tokio::test]
async fn who_is_refused_before_the_body_was_read_is_told_so() {
    let full = (StatusCode::SERVICE_UNAVAILABLE, "full");
    let router = Router::new().route("/", post(async move || full));
    let server = start(router, HttpConfig::default()).await;
    for (head, status) in [
        ("host: x\r\ncontent-length: 5000000", "503"),
        (
            "host: x\r\ncontent-length: 5000000\r\nconnection: close",
            "503",
        ),
        ("host: x\r\ntransfer-encoding: chunked", "503"),
        // hyper refuses these by itself, and the server never sees them.
        ("host: x\r\ncontent-length: 1\r\ncontent-length: 2", "400"),
        ("host: x\r\nno colon", "400"),
    ] {
        let head = format!("POST / HTTP/1.1\r\n{head}\r\n\r\n");
        let told = upload(&server, &head).await;
        let begins = format!("HTTP/1.1 {status} ");
        assert!(
            told.as_ref().is_ok_and(|told| told.starts_with(&begins)),
            "{head}: {told:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_sender_that_goes_on_for_ever_is_cut() {
    let router = Router::new().route("/", post(async || StatusCode::SERVICE_UNAVAILABLE));
    let server = start(router, HttpConfig::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5000000000\r\n\r\n";
    ask(&mut stream, head).await;
    // Silent from here on. Both ends would wait for ever if only the client could end it.
    assert!(rest(stream).await.contains("503"));
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (dispatch, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let handler = async move || {
        dispatch.notify_one();
        wait.notified().await;
        "done"
    };
    let config = HttpConfig {
        connections_per_ip: 1,
        ..HttpConfig::default()
    };
    let server = start(fine().route("/slow", get(handler)), config).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    ask(&mut first, &GET_AND_CLOSE.replace("GET /", "GET /slow")).await;
    began.notified().await;
    assert_eq!(
        rest(TcpStream::connect(server.address).await.unwrap()).await,
        ""
    );
    go_on.notify_one();
    assert!(rest(first).await.ends_with("done"));
}

#[tokio::test]
async fn v10_idle_connections_make_room_for_new_ones() {
    for (connections, connections_per_ip) in [(8, 4), (4, 4)] {
        let config = HttpConfig {
            connections,
            connections_per_ip,
            header_timeout_ms: 600_000,
            ..HttpConfig::default()
        };
        let server = start(fine(), config).await;
        let mut idle = vec![];
        for head in ["", "GET / HTTP/1.1\r\nhos", "", GET, "", ""] {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            ask(&mut stream, head).await;
            if head == GET {
                one(&mut stream, "fine").await;
            }
            idle.push(stream);
        }
        let mut new = TcpStream::connect(server.address).await.unwrap();
        ask(&mut new, GET_AND_CLOSE).await;
        assert!(rest(new).await.ends_with("fine"));
        assert_eq!(rest(idle.remove(0)).await, "", "the idlest is closed");
    }
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
