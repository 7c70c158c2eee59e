//! A server in this process, for what the program can't be told from outside: a clock that a test sets, and a notifier.

use super::{OPERATOR, PASSWORD};
use axum::Router;
use campusg_actors::{
    port::{
        clock::{Clock, SystemClock},
        entropy::SystemEntropy,
        gateway::BreakerConfig,
        notifier::Notifier,
        signature::Keyring,
    },
    runtime::{NewPerson, Runtime, RuntimeConfig, Secret, Start},
};
use campusg_client::{Client, Person};
use campusg_domain::{
    id::{Principal, UserId},
    policy::Policy,
    time::At,
};
use campusg_http::{AppState, HttpConfig, router, serve};
use campusg_sandbox::{Book, Faults, SandboxGateway, Tuning};
use campusg_storage::{OpenOptions, StorageConfig, Store};
use futures_util::future::BoxFuture;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The system's clock, as somebody may set it.
#[derive(Debug)]
pub struct SetClock {
    system: SystemClock,
    set_ms: AtomicI64,
}

impl SetClock {
    pub fn right() -> Arc<Self> {
        Arc::new(Self {
            system: SystemClock::new(false),
            set_ms: AtomicI64::new(0),
        })
    }

    /// Sets it this far from the time that it is.
    pub fn set(&self, ms: i64) {
        self.set_ms.store(ms, Ordering::SeqCst);
    }

    fn set_ms(&self) -> i64 {
        self.set_ms.load(Ordering::SeqCst)
    }
}

impl Clock for SetClock {
    fn now(&self) -> At {
        At(self.system.now().0.saturating_add_signed(self.set_ms()))
    }

    fn monotonic_ms(&self) -> u64 {
        self.system.monotonic_ms()
    }

    fn is_virtual(&self) -> bool {
        false
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        let due = due.0.saturating_add_signed(-self.set_ms());
        self.system.until(At(due))
    }

    fn advance(&self, _: u64) -> Option<At> {
        None
    }
}

/// A running server with one operator.
#[derive(Debug)]
pub struct InProcess {
    pub runtime: Runtime,
    /// The operator's id.
    pub boss: UserId,
    address: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<usize>,
    _folder: TempDir,
}

impl InProcess {
    /// Starts one on a folder of its own.
    pub async fn start(clock: Arc<dyn Clock>, notifier: Option<Arc<dyn Notifier>>) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let (policy, config) = (Policy::default(), HttpConfig::default());
        let storage = StorageConfig::default();
        let options = OpenOptions::new(|| 0);
        let opened = Store::open(&data, &storage, options).unwrap();
        let book = Book::open(&folder.path().join("book.jsonl"), Tuning::default()).unwrap();
        let of_gateway = Arc::clone(&clock);
        let now = Arc::new(move || of_gateway.now());
        let gateway = SandboxGateway::new(Arc::new(book), Faults::default(), 10_000, now);
        let runtime = Runtime::start(Start {
            opened,
            policy: policy.clone(),
            config: RuntimeConfig::default(),
            version: "test".into(),
            digest: [7; 32],
            gateway: Arc::new(gateway),
            gateway_concurrency: 32,
            gateway_timeout: Duration::from_secs(10),
            gateway_breaker: BreakerConfig::default(),
            gateway_poll: Duration::from_millis(50),
            gateway_cursor: data.join("gateway.cursor"),
            gateway_keys: Keyring::default(),
            notifier,
            clock,
            accepted_clock: None,
            entropy: Arc::new(SystemEntropy),
            on_fatal: Box::new(|why| panic!("{why}")),
        });
        let runtime = runtime.await.unwrap();
        let boss = runtime.register(
            runtime.unkeyed(Principal::System, "operator create"),
            NewPerson {
                password: Secret(PASSWORD.into()),
                email: OPERATOR.into(),
                first_name: "Olga".into(),
                last_name: "Operator".into(),
                phone: None,
                operator: true,
            },
        );
        let boss = boss.await.unwrap().user;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = router(
            AppState::new(runtime.clone(), policy, config.clone()),
            Router::new(),
        );
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, routes, config, async {
            // Where the test has ended, nobody says so.
            let _ = stopped.await;
        }));
        Self {
            runtime,
            boss,
            address,
            stop,
            serving,
            _folder: folder,
        }
    }

    /// A way to it.
    pub fn client(&self) -> Client {
        Client::new(&self.address).unwrap()
    }

    /// Its operator.
    pub async fn operator(&self) -> Person {
        let client = self.client();
        Person::sign_in(&client, OPERATOR, PASSWORD).await.unwrap()
    }

    /// Stops it in order.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap();
        self.runtime.stop().await.unwrap();
    }
}
