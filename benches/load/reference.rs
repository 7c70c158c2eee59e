//! The reference servers with which the product is compared: axum that echoes JSON, and axum that appends the same
//! bytes to the same journal without a domain. Each runs in a process of its own, as the product does.

use crate::{Fault, common, server::System};
use axum::{
    Json, Router,
    extract::{Path as UrlPath, State},
    http::StatusCode,
    routing::post,
};
use campusg_storage::{
    disk::RealDisk,
    journal::{
        CommitQueue, Committer, CommitterOptions, Journal, JournalOptions, Payload, RecordTag,
    },
};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, sync::oneshot};

/// The environment variable with the role of a process that this program has started.
pub const ROLE: &str = "BENCH_ROLE";
/// The environment variable with that process's folder.
pub const FOLDER: &str = "BENCH_FOLDER";
/// The file in that folder with the payloads of one lifecycle, as JSON.
const PAYLOADS: &str = "payloads";

/// How many records each step writes: placing and buying write a second one when the gateway has answered.
const RECORDS: [usize; 7] = [2, 1, 1, 2, 1, 1, 1];

/// Returns the role of this process, if it was started with one.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// Serves as a reference server until the process is killed.
///
/// # Errors
/// If it cannot listen or use the folder.
pub fn serve(role: &str) -> Result<(), Fault> {
    let folder = PathBuf::from(env::var_os(FOLDER).ok_or("no folder")?);
    // The same threads as the product has.
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    threads.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (router, _committer) = match role {
            name if name == System::Echo.name() => (echo(), None),
            _ => append(&folder).map(|(router, committer)| (router, Some(committer)))?,
        };
        common::say(format_args!(
            "listening on http://{}",
            listener.local_addr()?
        ))?;
        Ok(axum::serve(listener, router).await?)
    })
}

fn echo() -> Router {
    async fn answer(body: Json<Value>) -> Json<Value> {
        body
    }
    Router::new()
        .route("/api/orders", post(answer))
        .route("/api/orders/{id}/{step}", post(answer))
}

/// A payload that the product has written before.
struct Raw(Arc<[u8]>);

const TAG: RecordTag = RecordTag {
    kind: 1,
    codec: 1,
    schema: 1,
};

impl Payload for Raw {
    fn encode(&self, _seq: u64, out: &mut Vec<u8>) -> RecordTag {
        out.extend_from_slice(&self.0);
        TAG
    }
}

#[derive(Clone)]
struct Appender {
    queue: CommitQueue<Raw>,
    steps: Arc<[Vec<Arc<[u8]>>]>,
}

impl Appender {
    /// Queues the records of a step at once, and waits until the last one is durable.
    async fn append(&self, step: usize) -> StatusCode {
        let (done, wait) = oneshot::channel();
        let mut done = Some(done);
        let payloads = &self.steps[step];
        for (n, payload) in payloads.iter().enumerate() {
            let sender = if n + 1 == payloads.len() {
                done.take()
            } else {
                None
            };
            self.queue.submit(Raw(Arc::clone(payload)), move |ack| {
                if let Some(sender) = sender {
                    let _ = sender.send(ack);
                }
            });
        }
        match wait.await {
            Ok(Ok(_)) => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Returns the step to which a request belongs.
fn step_of(last: &str, body: &Value) -> usize {
    let name = if last == "accept" {
        "accept"
    } else {
        body["status"].as_str().unwrap_or_default()
    };
    crate::lifecycle::STEPS
        .iter()
        .position(|step| *step == name)
        .unwrap_or(1)
}

fn append(folder: &Path) -> Result<(Router, Committer<Raw>), Fault> {
    async fn place(
        State(to): State<Appender>,
        Json(body): Json<Value>,
    ) -> (StatusCode, Json<Value>) {
        (to.append(0).await, Json(body))
    }
    async fn step(
        State(to): State<Appender>,
        UrlPath((_, last)): UrlPath<(String, String)>,
        Json(body): Json<Value>,
    ) -> (StatusCode, Json<Value>) {
        (to.append(step_of(&last, &body)).await, Json(body))
    }
    let mut payloads = read_payloads(folder)?.into_iter();
    let steps = RECORDS
        .iter()
        .map(|count| payloads.by_ref().take(*count).collect())
        .collect();
    let opened = Journal::open(
        RealDisk::shared(),
        &folder.join("journal"),
        JournalOptions::default(),
    )?;
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64)
    };
    let options = CommitterOptions {
        folds: vec![],
        now_ms: Box::new(now),
        on_fatal: Box::new(|why| campusg::output::problem(why)),
    };
    let committer = Committer::start(opened.journal, options)?;
    let state = Appender {
        queue: committer.queue(),
        steps,
    };
    let routes = Router::new()
        .route("/api/orders", post(place))
        .route("/api/orders/{id}/{step}", post(step));
    Ok((routes.with_state(state), committer))
}

/// Writes the payloads to the folder, for the process that will append them.
///
/// # Errors
/// Any error of the operating system.
pub fn leave_payloads(folder: &Path, payloads: &[Vec<u8>]) -> Result<(), Fault> {
    let text = serde_json::to_vec(payloads)?;
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(PAYLOADS), text)?)
}

fn read_payloads(folder: &Path) -> Result<Vec<Arc<[u8]>>, Fault> {
    let payloads: Vec<Vec<u8>> = serde_json::from_slice(&fs::read(folder.join(PAYLOADS))?)?;
    if payloads.len() != RECORDS.iter().sum::<usize>() {
        return Err(format!(
            "a lifecycle has {} records, not {}",
            payloads.len(),
            RECORDS.iter().sum::<usize>()
        )
        .into());
    }
    Ok(payloads.into_iter().map(Into::into).collect())
}
