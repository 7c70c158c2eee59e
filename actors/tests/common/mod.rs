//! A whole runtime on a folder of its own: manual clock, seeded randomness, the sandbox gateway in process, small
//! segments. Every durable record is tapped; waiting is always for a record or a state, never for luck.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

mod acts;
pub mod between;
pub mod model;

#[allow(unused_imports, reason = "the unit tests use no more than a house")]
pub use acts::*;

use campusg_actors::{
    port::{
        clock::{Clock, ManualClock},
        entropy::SeededEntropy,
        gateway::BreakerConfig,
        notifier::Notifier,
        signature::Keyring,
    },
    runtime::{AcceptedClock, Actors, Live, Runtime, RuntimeConfig, Start, StartFault},
};
use campusg_domain::gateway::PaymentGateway;
use campusg_domain::{
    id::{Seq, Stream},
    money::Cents,
    policy::Policy,
    record::{Entry, Record},
    time::At,
};
use campusg_sandbox::{Book, Faults, SandboxGateway, Tuning};
use campusg_storage::{OpenOptions, StorageConfig, Store};
use std::{
    path::Path,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::watch;

/// When every test begins: 2026-01-01T00:00:00Z, as a domain's campus does.
pub const BEGINNING: At = At(1_767_225_600_000);
/// Longest wait for anything; a test that reaches it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const PASSWORD: &str = "a long enough password";

/// What a house is built with.
#[derive(Clone)]
pub struct Settings {
    pub policy: Policy,
    pub runtime: RuntimeConfig,
    pub storage: StorageConfig,
    pub tuning: Tuning,
    pub faults: Faults,
    pub breaker: BreakerConfig,
    pub gateway: Option<Arc<dyn PaymentGateway>>,
    pub gateway_poll: Duration,
    pub gateway_timeout: Duration,
    pub clock: Arc<dyn Clock>,
    pub accepted_clock: Option<AcceptedClock>,
    pub notifier: Option<Arc<dyn Notifier>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy {
                platform_fee_cents: Cents(100),
                receipt_photo_required: false,
                ..Policy::default()
            },
            runtime: RuntimeConfig::default(),
            storage: StorageConfig {
                segment_mib: 1,
                cache_mib: 4,
                checkpoint_ms: 100,
                ..StorageConfig::default()
            },
            tuning: Tuning::default(),
            faults: Faults::default(),
            breaker: BreakerConfig {
                failures: u32::MAX,
                open_ms: 1,
            },
            gateway: None,
            gateway_poll: Duration::from_millis(5),
            gateway_timeout: Duration::from_secs(10),
            clock: Arc::new(ManualClock::new(BEGINNING)),
            accepted_clock: None,
            notifier: None,
        }
    }
}

/// A running runtime and the world around it.
pub struct House {
    pub runtime: Runtime,
    pub settings: Settings,
    pub dir: Arc<TempDir>,
    pub sandbox: Option<Arc<SandboxGateway>>,
    book: Weak<Book>,
    pub fatal: watch::Receiver<Option<String>>,
    tap: Tap,
    starts: u64,
}

/// Every record since the start, as it became durable.
#[derive(Clone)]
pub struct Tap {
    entries: Arc<Mutex<Vec<Entry>>>,
    count: watch::Receiver<usize>,
}

impl Tap {
    fn on(runtime: &Runtime) -> Self {
        let (told, count) = watch::channel(0);
        let entries = Arc::<Mutex<Vec<Entry>>>::default();
        let (mut watching, kept) = (runtime.watch(), Arc::clone(&entries));
        tokio::spawn(async move {
            while let Some(live) = watching.next().await {
                let Live::Batch(batch) = live else {
                    panic!("the tap fell behind")
                };
                let mut entries = kept.lock().unwrap();
                entries.extend(batch.numbered().map(|(seq, record)| Entry {
                    seq: Seq(seq),
                    record: record.clone(),
                }));
                told.send_replace(entries.len());
            }
        });
        Self { entries, count }
    }

    /// What was tapped.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    /// Waits until what was tapped is as wanted, and gives what `wanted` made of it.
    pub async fn until<T>(&self, what: &str, wanted: impl Fn(&[Entry]) -> Option<T>) -> T {
        let found = self.until_or(wanted).await;
        found.unwrap_or_else(|entries| panic!("never happened: {what}; tapped {entries:#?}"))
    }

    /// As [`until`](Self::until); what was tapped instead where it never came to be.
    pub async fn until_or<T>(
        &self,
        wanted: impl Fn(&[Entry]) -> Option<T>,
    ) -> Result<T, Vec<Entry>> {
        let mut count = self.count.clone();
        let waiting = async {
            loop {
                if let Some(found) = wanted(&self.entries.lock().unwrap()) {
                    return found;
                }
                count.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.map_err(|_| self.entries())
    }
}

impl House {
    /// A house on a new folder.
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// A house on a new folder, built as told.
    pub async fn with(settings: Settings) -> Self {
        Self::open(Arc::new(TempDir::new().unwrap()), settings, 0).await
    }

    async fn open(dir: Arc<TempDir>, settings: Settings, starts: u64) -> Self {
        Self::try_open(dir, settings, starts).await.unwrap()
    }

    async fn try_open(
        dir: Arc<TempDir>,
        settings: Settings,
        starts: u64,
    ) -> Result<Self, StartFault> {
        let mut book = Weak::new();
        let sandbox = settings.gateway.is_none().then(|| {
            let (sandbox, of) = sandbox(dir.path(), &settings);
            book = of;
            Arc::new(sandbox)
        });
        let gateway = match (&settings.gateway, &sandbox) {
            (Some(gateway), _) => Arc::clone(gateway),
            (None, Some(sandbox)) => Arc::clone(sandbox) as Arc<dyn PaymentGateway>,
            (None, None) => unreachable!("one of them is there"),
        };
        let (told, fatal) = watch::channel(None);
        // Whatever the folder is opened with, the runtime brings its own clock.
        let options = OpenOptions::new(|| BEGINNING.0);
        let data = dir.path().join("data");
        let opened = Store::open(&data, &settings.storage, options).unwrap();
        let start = Start {
            opened,
            policy: settings.policy.clone(),
            config: settings.runtime.clone(),
            version: "test".into(),
            digest: [7; 32],
            gateway,
            gateway_concurrency: 32,
            gateway_timeout: settings.gateway_timeout,
            gateway_breaker: settings.breaker,
            gateway_poll: settings.gateway_poll,
            gateway_cursor: data.join("gateway.cursor"),
            gateway_keys: Keyring::default(),
            notifier: settings.notifier.clone(),
            clock: Arc::clone(&settings.clock),
            accepted_clock: settings.accepted_clock.clone(),
            entropy: Arc::new(SeededEntropy::new(starts)),
            on_fatal: Box::new(move |why| drop(told.send_replace(Some(why.into())))),
        };
        let runtime = Runtime::start(start).await?;
        let tap = Tap::on(&runtime);
        Ok(Self {
            runtime,
            settings,
            dir,
            sandbox,
            book,
            fatal,
            tap,
            starts,
        })
    }

    /// Stops, and gives what a new start on the same folder needs.
    pub async fn stop(self) -> Stopped {
        self.runtime.stop().await.unwrap();
        let Self {
            settings,
            dir,
            starts,
            book,
            runtime,
            sandbox,
            ..
        } = self;
        drop((runtime, sandbox));
        // A call that was under way at the end may still be writing to the sandbox's book, whose file is locked.
        let closed = async {
            while book.strong_count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, closed).await.unwrap();
        Stopped {
            settings,
            dir,
            starts,
        }
    }

    /// Stops and starts again.
    pub async fn restart(self) -> Self {
        self.stop().await.start().await
    }

    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    pub fn now(&self) -> At {
        self.settings.clock.now()
    }

    /// Moves the clock on; what becomes due happens by itself.
    pub fn advance(&self, ms: u64) {
        self.settings.clock.advance(ms).unwrap();
    }

    pub async fn actors(&self) -> Actors {
        self.runtime.actors().await.unwrap()
    }

    /// Waits for a state that no record tells of.
    pub async fn until_actors(&self, what: &str, wanted: impl Fn(&Actors) -> bool) -> Actors {
        let waiting = async {
            loop {
                let actors = self.actors().await;
                if wanted(&actors) {
                    return actors;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        match waited {
            Ok(actors) => actors,
            Err(_) => panic!("never: {what}; it is {:#?}", self.actors().await),
        }
    }

    /// The records of one stream up to what is written now.
    pub async fn records(&self, stream: Stream) -> Vec<Entry> {
        let all = self.all_records().await;
        all.into_iter()
            .filter(|entry| entry.record.stream == stream)
            .collect()
    }

    /// Every record up to what is written now.
    pub async fn all_records(&self) -> Vec<Entry> {
        let last = self.actors().await.written;
        // Record 1, the boot, is written before anybody taps.
        let tapped = |entries: &[Entry]| {
            (last.0 < 2 || entries.last().is_some_and(|entry| entry.seq >= last))
                .then(|| entries.to_vec())
        };
        self.tap.until("tapped", tapped).await
    }
}

/// A house that was stopped.
pub struct Stopped {
    pub settings: Settings,
    pub dir: Arc<TempDir>,
    starts: u64,
}

impl Stopped {
    /// Starts it again.
    pub async fn start(self) -> House {
        self.try_start().await.unwrap()
    }

    /// Every record of it.
    pub fn records(&self) -> Vec<Record> {
        let (data, options) = (
            self.dir.path().join("data"),
            OpenOptions::new(|| BEGINNING.0),
        );
        let store = Store::open(&data, &self.settings.storage, options)
            .unwrap()
            .store;
        let entries = store.reads().entries_after(Seq(0), usize::MAX).unwrap();
        store.close().unwrap();
        entries.into_iter().map(|entry| entry.record).collect()
    }

    /// Starts it again, which may be refused.
    pub async fn try_start(&self) -> Result<House, StartFault> {
        let (dir, settings) = (Arc::clone(&self.dir), self.settings.clone());
        House::try_open(dir, settings, self.starts + 1).await
    }
}

fn sandbox(dir: &Path, settings: &Settings) -> (SandboxGateway, Weak<Book>) {
    let book = Book::open(&dir.join("gateway/book.jsonl"), settings.tuning).unwrap();
    let (book, clock) = (Arc::new(book), Arc::clone(&settings.clock));
    let open = Arc::downgrade(&book);
    let now = Arc::new(move || clock.now());
    (
        SandboxGateway::new(book, settings.faults, 10_000, now),
        open,
    )
}
