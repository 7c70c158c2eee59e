//! `kill -9` of a gateway in a process of its own, again and again, while calls are made: nothing is done twice,
//! nothing answered is lost.

use super::*;
use campusg_domain::gateway::{PaymentGateway, PayoutAnswer};
use campusg_sandbox::{Desk, Fact, Faults, RemoteGateway, serve};
use futures_util::future::join_all;
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

const BOOK: &str = "CAMPUSG_TEST_GATEWAY_BOOK";
const ADDRESS: &str = "CAMPUSG_TEST_GATEWAY_ADDRESS";

const WORKERS: u64 = 6;
const ORDERS_EACH: u64 = 20;
const KILLS: usize = 6;
const ANSWERS_BETWEEN_KILLS: usize = 60;

/// The child's `main`: without the variables it does nothing.
#[test]
fn gateway_process() {
    let (Ok(book), Ok(address)) = (std::env::var(BOOK), std::env::var(ADDRESS)) else {
        return;
    };
    std::thread::spawn(|| {
        // The parent holds the other end: when it is gone, so is this process.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.unwrap();
        println!("\nlistening {}", listener.local_addr().unwrap());
        let book = Arc::new(open(Path::new(&book)));
        serve(
            listener,
            Desk::new(book, Faults::default(), StandingClock::new().now()),
        )
        .await
        .unwrap();
    });
}

fn start(book: &Path, address: &str) -> (Child, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::gateway_process", "--nocapture"])
        .env(BOOK, book)
        .env(ADDRESS, address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().strip_prefix("listening ").map(str::to_owned));
    (child, line.unwrap().parse().unwrap())
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(9)
    );
}

/// One client of the gateway: asks under the same key until it is answered, and remembers what it heard.
struct Client {
    remote: Arc<RemoteGateway>,
    up: watch::Receiver<bool>,
    answered: mpsc::UnboundedSender<()>,
    seen: Vec<(Request, Answer)>,
    /// Tries of calls without a script of silence that were not answered.
    unanswered: usize,
}

impl Client {
    async fn ask(&mut self, request: Request, scripted: bool) {
        loop {
            self.up.wait_for(|up| *up).await.unwrap();
            match self.remote.call(request.clone()).await {
                Err(_) => self.unanswered += usize::from(!scripted),
                Ok(answer) => {
                    self.answered.send(()).unwrap();
                    return self.seen.push((request, answer));
                }
            }
        }
    }

    async fn pay_out(&mut self, key: &str) {
        loop {
            self.up.wait_for(|up| *up).await.unwrap();
            match self
                .remote
                .pay_out(payout(key, "acct_timeout_then_succeeds", 100))
                .await
            {
                Err(_) => {}
                Ok(answer) => {
                    return assert_eq!(answer, PayoutAnswer::PaidOut { cents: Cents(100) });
                }
            }
        }
    }

    async fn live(mut self, worker: u64) -> Self {
        for order in 0..ORDERS_EACH {
            let key = |purpose: &str| format!("order:{worker}-{order}/{purpose}");
            let scripted = order % 2 == 1;
            let token = if scripted {
                "tok_timeout_then_succeeds"
            } else {
                "tok_visa"
            };
            let calls = [
                authorize(&key("a"), token, 1_000),
                capture(&key("c"), &key("a"), 700),
                refund(&key("r"), &key("c"), 200),
                authorize(&key("b"), token, 50),
            ];
            for call in calls {
                self.ask(call, scripted).await;
            }
            self.pay_out(&key("p")).await;
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_while_it_works_does_nothing_twice_and_forgets_nothing() {
    let dir = TempDir::new().unwrap();
    let book = dir.path().join("book.jsonl");
    let (mut child, address) = start(&book, "127.0.0.1:0");
    let remote = Arc::new(RemoteGateway::new(address, 6, 10_000));
    let (set_up, up) = watch::channel(true);
    let (answered, mut answers) = mpsc::unbounded_channel();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let client = Client {
                remote: Arc::clone(&remote),
                up: up.clone(),
                answered: answered.clone(),
                seen: Vec::new(),
                unanswered: 0,
            };
            tokio::spawn(client.live(worker))
        })
        .collect();
    for _ in 0..KILLS {
        for _ in 0..ANSWERS_BETWEEN_KILLS {
            answers.recv().await.unwrap();
        }
        kill(child);
        set_up.send(false).unwrap();
        let path = book.clone();
        child = tokio::task::spawn_blocking(move || start(&path, &address.to_string()).0)
            .await
            .unwrap();
        set_up.send(true).unwrap();
    }
    let clients: Vec<Client> = join_all(workers)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let unanswered: usize = clients.iter().map(|client| client.unanswered).sum();
    assert!(unanswered > 0, "calls were under way");
    kill(child);
    check_book(&book, &clients);
}

/// After the last kill: the same keys answer the same, the sums are right, each key stands there once.
fn check_book(path: &Path, clients: &[Client]) {
    let book = open(path);
    for (request, answer) in clients.iter().flat_map(|client| &client.seen) {
        assert_eq!(
            book.call(request, NOW).unwrap().outcome.as_ref(),
            Ok(answer),
            "{}",
            request.key
        );
    }
    let orders = i64::try_from(WORKERS * ORDERS_EACH).unwrap();
    let expected = Totals {
        captured: Cents(700 * orders),
        refunded: Cents(200 * orders),
        paid_out: Cents(100 * orders),
        blocked: Cents(50 * orders),
        open_authorizations: WORKERS * ORDERS_EACH,
        ..Totals::default()
    };
    assert_eq!(book.totals(None, NOW).unwrap(), expected);
    let (mut place, mut times) = (0, HashMap::new());
    loop {
        let page = book.lines(place).unwrap();
        if page.next == place || page.lines.is_empty() {
            break;
        }
        place = page.next;
        for line in page.lines {
            let (Fact::Called { key, .. } | Fact::Settled { key, .. }) = line.fact else {
                continue;
            };
            *times.entry(key).or_insert(0) += 1;
        }
    }
    assert_eq!(times.len() as u64, 4 * WORKERS * ORDERS_EACH);
    assert!(times.values().all(|times| *times == 1));
}
