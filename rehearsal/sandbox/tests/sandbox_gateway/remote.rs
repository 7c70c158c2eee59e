//! The way over loopback: the same answers as in process, and silence where the other side fails.

use super::*;
use campusg_domain::gateway::{
    EventCursor, PaymentGateway, PayoutAnswer, Subject, TokenFault, Unanswered,
};
use campusg_sandbox::{
    Ask, AskLine, Desk, Faults, MAX_LINE_BYTES, RemoteGateway, Reply, ReplyLine, SandboxGateway,
    serve,
};
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const TIMEOUT_MS: u64 = 10_000;

struct Server {
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(book: &Arc<Book>, address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let desk = Desk::new(
            Arc::clone(book),
            Faults::default(),
            StandingClock::new().now(),
        );
        Self {
            address,
            task: tokio::spawn(serve(listener, desk)),
        }
    }

    /// Ends the server and all its connections.
    async fn stop(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

fn shared_book() -> (TempDir, Arc<Book>) {
    let Bench { dir, book, .. } = Bench::new();
    (dir, Arc::new(book))
}

#[tokio::test]
async fn both_adapters_give_the_same_answers() {
    let (_dir, book) = shared_book();
    let server = Server::start(&book, "127.0.0.1:0").await;
    let remote = RemoteGateway::new(server.address, 2, TIMEOUT_MS);
    let Bench {
        dir: _dir2, book, ..
    } = Bench::new();
    let local = SandboxGateway::new(
        Arc::new(book),
        Faults::default(),
        TIMEOUT_MS,
        StandingClock::new().now(),
    );
    let calls = [
        authorize("o/a", "tok_visa", 1_000),
        authorize("o/a", "tok_visa", 1_001),
        capture("o/c", "o/a", 2_000),
        capture("o/c", "o/a", 600),
        capture("o/c2", "o/a", 600),
        refund("o/r", "o/c", 100),
        authorize("o/d", "tok_declined", 1_000),
        authorize("o/l", "tok_action_required", 1_000),
        void("o/v", "o/later"),
        authorize("o/later", "tok_visa", 1_000),
        void("o/v2", "o/a"),
        charge("o/t", "tok_visa", 50),
        void("o/v3", "o/t"),
        refund("o/r2", "o/t", 50),
    ];
    for call in calls {
        assert_eq!(
            remote.call(call.clone()).await,
            local.call(call.clone()).await,
            "{call:?}"
        );
    }
    for gateway in [&remote as &dyn PaymentGateway, &local] {
        let paid = gateway.pay_out(payout("w/p", "acct_bank", 70)).await;
        assert_eq!(paid, Ok(PayoutAnswer::PaidOut { cents: Cents(70) }));
        assert_eq!(
            gateway.describe_card(card("tok_visa")).await.unwrap().last4,
            "4242"
        );
        assert_eq!(
            gateway.describe_card(card("tok_nobody")).await,
            Err(TokenFault::Unknown)
        );
    }
    let to_confirm = remote.to_confirm("o/l".into()).await;
    assert_eq!(to_confirm, local.to_confirm("o/l".into()).await);
    let confirmed = remote.confirm("o/l".into(), true).await;
    assert_eq!(confirmed, local.confirm("o/l".into(), true).await);
    assert_eq!(
        remote.events(EventCursor::default()).await,
        local.events(EventCursor::default()).await
    );
    assert_eq!(remote.totals(None).await, local.totals(None).await);
    assert_eq!(remote.lines(0).await, local.lines(0).await);
    let sums = remote.totals(Some("o".to_owned())).await.unwrap();
    assert_eq!(
        (sums.captured, sums.refunded, sums.blocked),
        (Cents(650), Cents(150), Cents(1_000))
    );
}

#[tokio::test]
async fn misuse_is_declined_except_under_a_key_that_did_something() {
    let (_dir, book) = shared_book();
    let server = Server::start(&book, "127.0.0.1:0").await;
    let remote = RemoteGateway::new(server.address, 2, TIMEOUT_MS);
    remote
        .call(authorize("a", "tok_visa", 1_000))
        .await
        .unwrap();
    let too_much = remote.call(capture("c", "a", 1_001)).await;
    assert_eq!(too_much, Ok(declined(Decline::Declined)));
    let other_amount = remote.call(authorize("a", "tok_visa", 999)).await;
    assert_eq!(other_amount, Err(Unanswered(Subject::Order)));
}

#[tokio::test]
async fn a_dead_server_is_silence_and_a_restarted_one_is_found_again() {
    let (_dir, book) = shared_book();
    let server = Server::start(&book, "127.0.0.1:0").await;
    let address = server.address;
    let remote = RemoteGateway::new(address, 4, TIMEOUT_MS);
    let request = authorize("a", "tok_visa", 500);
    let success = Ok(authorized(500, NOW));
    let away = Unanswered(Subject::Gateway);
    assert_eq!(remote.call(request.clone()).await, success);
    server.stop().await;
    assert_eq!(remote.call(request.clone()).await, Err(away.clone()));
    assert_eq!(remote.pay_out(payout("p", "acct_bank", 5)).await, Err(away));
    assert_eq!(
        remote.describe_card(card("tok_visa")).await,
        Err(TokenFault::Unavailable)
    );
    assert!(remote.events(EventCursor::default()).await.is_err());
    assert!(remote.totals(None).await.is_err());
    let server = Server::start(&book, &address.to_string()).await;
    assert_eq!(remote.call(request).await, success);
    assert_eq!(remote.totals(None).await.unwrap().blocked, Cents(500));
    server.stop().await;
}

#[tokio::test]
async fn after_one_failure_no_other_old_connection_is_tried() {
    let (_dir, book) = shared_book();
    let server = Server::start(&book, "127.0.0.1:0").await;
    let address = server.address;
    let remote = RemoteGateway::new(address, 8, TIMEOUT_MS);
    let many = |key: &str| {
        let calls = (0..8).map(|n| remote.call(authorize(&format!("{key}/{n}"), "tok_visa", 500)));
        futures_util::future::join_all(calls.collect::<Vec<_>>())
    };
    assert!(
        many("first")
            .await
            .iter()
            .all(|answer| *answer == Ok(authorized(500, NOW)))
    );
    server.stop().await;
    let _server = Server::start(&book, &address.to_string()).await;
    assert_eq!(
        remote.call(authorize("x", "tok_visa", 500)).await,
        Err(Unanswered(Subject::Gateway)),
        "an old connection"
    );
    assert!(
        many("second")
            .await
            .iter()
            .all(|answer| *answer == Ok(authorized(500, NOW)))
    );
}

/// What the puppet says to a request with that id; `None`: nothing, and the connection stays.
type Said = fn(u64) -> Option<Vec<u8>>;

/// A server that reads one request per connection, says what it is told to, in order of connections, and hangs up.
async fn puppet(script: Vec<Said>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        for said in script {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let ask: AskLine = serde_json::from_str(&line).unwrap();
            match said(ask.id) {
                Some(reply) => drop(stream.get_mut().write_all(&reply).await),
                None => held.push(stream),
            }
        }
        std::future::pending::<()>().await;
    });
    address
}

fn reply(id: u64, reply: Reply) -> Vec<u8> {
    let mut line = serde_json::to_vec(&ReplyLine { id, reply }).unwrap();
    line.push(b'\n');
    line
}

fn voided(id: u64) -> Vec<u8> {
    reply(id, Reply::Answer(Answer::Voided))
}

#[tokio::test]
async fn every_bad_reply_is_silence() {
    let bad: [Said; 7] = [
        |id| Some(voided(id + 1)),
        |_| Some(b"nonsense\n".to_vec()),
        |_| Some(Vec::new()),
        |id| Some(reply(id, Reply::Failed)),
        |id| Some(reply(id, Reply::Payout(PayoutAnswer::Unavailable))),
        |id| Some(voided(id)[..20].to_vec()),
        |_| Some(vec![b'x'; MAX_LINE_BYTES + 1]),
    ];
    for (place, said) in bad.into_iter().enumerate() {
        let address = puppet(vec![said]).await;
        let remote = RemoteGateway::new(address, 1, TIMEOUT_MS);
        let answer = remote.call(void("v", "a")).await;
        let silence = Err(Unanswered(Subject::Gateway));
        assert_eq!(answer, silence, "bad reply {place}");
    }
    let address = puppet(vec![|id| Some(voided(id))]).await;
    let remote = RemoteGateway::new(address, 1, TIMEOUT_MS);
    assert_eq!(remote.call(void("v", "a")).await, Ok(Answer::Voided));
}

#[tokio::test]
async fn a_connection_whose_reply_is_overdue_is_not_used_again() {
    let address = puppet(vec![|_| None, |id| Some(voided(id))]).await;
    let remote = RemoteGateway::new(address, 1, 200);
    let silence = Err(Unanswered(Subject::Unknown));
    assert_eq!(remote.call(void("v", "a")).await, silence);
    assert_eq!(
        remote.call(void("v", "a")).await,
        Ok(Answer::Voided),
        "over the puppet's second connection"
    );
}

async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may hang up in the middle of a line that is too long.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said).await;
    said
}

#[tokio::test]
async fn the_server_ends_connections_that_talk_nonsense_and_serves_the_others() {
    let (_dir, book) = shared_book();
    let server = Server::start(&book, "127.0.0.1:0").await;
    let unreadable = String::from_utf8(reply(0, Reply::Unreadable)).unwrap();
    for nonsense in [
        "hello\n",
        "{\"id\":1,\"op\":{\"drop\":{}}}\n",
        "{\"id\":1,\"op\":{\"call\":{\"key\":\"a\"}}}\n",
    ] {
        assert_eq!(
            say(server.address, nonsense.as_bytes()).await,
            unreadable,
            "{nonsense}"
        );
    }
    assert_eq!(say(server.address, b"{\"id\":1").await, "", "torn");
    assert_eq!(
        say(server.address, &vec![b'x'; MAX_LINE_BYTES + 1]).await,
        "",
        "too long"
    );
    let line = AskLine {
        id: 7,
        op: Ask::Totals { stream: None },
    };
    let mut line = serde_json::to_string(&line).unwrap();
    assert_eq!(line, r#"{"id":7,"op":{"totals":{"stream":null}}}"#);
    line.push('\n');
    let said = say(server.address, line.as_bytes()).await;
    assert_eq!(
        said.into_bytes(),
        reply(7, Reply::Totals(Totals::default()))
    );
}

#[tokio::test]
async fn the_server_refuses_to_listen_beyond_loopback() {
    let (_dir, book) = shared_book();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let desk = Desk::new(book, Faults::default(), StandingClock::new().now());
    let fault = serve(listener, desk).await.unwrap_err();
    assert_eq!(fault.kind(), std::io::ErrorKind::InvalidInput);
}
