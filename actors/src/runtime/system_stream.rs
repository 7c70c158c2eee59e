//! The system's stream: what the runtime records of itself, and tells operators, while it runs.
//!
//! Must not: decide what is worth a record.
//!
//! Invariant: after the boot nothing else writes that stream.

use super::{Refusal, clock::ClockKeeper, snapshots::SnapshotKeeper};
use crate::{
    port::clock::{Clock, steady::SteadyClock},
    shell::commit::{Committed, Held, commit},
};
use campusg_domain::{
    id::{Principal, Seq, Stream},
    notice::{Audience, Notice, NoticeKind},
    record::{Events, Record, SystemEvent},
    stream::{Meta, own_command},
};
use campusg_storage::journal::CommitQueue;
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

/// The interval between two looks at the machine.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct SystemStream {
    clock: SteadyClock,
    queue: CommitQueue<Record>,
    state: tokio::sync::Mutex<State>,
}

struct State {
    last: Seq,
    /// What a start on a full disk could not record.
    unrecorded: Vec<SystemEvent>,
}

impl SystemStream {
    /// `last` is the record of the boot, or the one before if that is still `unrecorded`.
    pub(super) fn new(
        clock: SteadyClock,
        queue: CommitQueue<Record>,
        last: Seq,
        unrecorded: Vec<SystemEvent>,
    ) -> Self {
        let state = tokio::sync::Mutex::new(State { last, unrecorded });
        Self {
            clock,
            queue,
            state,
        }
    }

    /// Records what could not be recorded at the start.
    pub(super) async fn catch_up(&self) -> Result<(), Refusal> {
        let mut state = self.state.lock().await;
        if state.unrecorded.is_empty() {
            return Ok(());
        }
        let id = own_command(Stream::System, "late boot", state.last.0);
        let meta = Meta::own(Principal::System, id, "boot");
        let events = state.unrecorded.clone();
        self.write(&mut state, &meta, events, vec![]).await?;
        state.unrecorded.clear();
        Ok(())
    }

    /// Records what the runtime has noticed by itself, and tells operators.
    pub(super) async fn note(
        &self,
        what: &'static str,
        events: Vec<SystemEvent>,
        alarms: impl IntoIterator<Item = NoticeKind>,
    ) -> Result<(), Refusal> {
        let to = Audience::Operators;
        let notices = alarms.into_iter().map(|kind| Notice { to, kind }).collect();
        let mut state = self.state.lock().await;
        let id = own_command(Stream::System, what, state.last.0);
        let meta = Meta::own(Principal::System, id, what);
        self.write(&mut state, &meta, events, notices).await
    }

    /// Records what somebody has commanded.
    pub(super) async fn record(&self, meta: &Meta, event: SystemEvent) -> Result<(), Refusal> {
        let mut state = self.state.lock().await;
        self.write(&mut state, meta, vec![event], vec![]).await
    }

    async fn write(
        &self,
        state: &mut State,
        meta: &Meta,
        events: Vec<SystemEvent>,
        notices: Vec<Notice>,
    ) -> Result<(), Refusal> {
        let (events, now) = (Events::System(events), self.clock.now());
        let record = Record::of_owner(Stream::System, state.last, now, meta, events);
        let record = Record { notices, ..record };
        let ack = commit(&self.queue, record, Held::default(), Committed::default()).await?;
        state.last = Seq(ack.seq);
        Ok(())
    }
}

/// A task that looks at the machine's clock and at the snapshots until it is ended, after what the start has left to it.
#[derive(Debug)]
pub(super) struct SystemWatch {
    end: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl SystemWatch {
    /// Starts the task, with the first look at once.
    pub(super) fn begin(
        stream: Arc<SystemStream>,
        clock: Arc<ClockKeeper>,
        snapshots: SnapshotKeeper,
        io: &Handle,
    ) -> Self {
        let (end, mut ended) = watch::channel(false);
        let task = io.spawn(async move {
            let mut snapshots = snapshots;
            loop {
                if let Err(refusal) = stream.catch_up().await {
                    tracing::debug!(%refusal, "the boot can't be recorded now");
                }
                if let Err(refusal) = clock.look().await {
                    tracing::warn!(%refusal, "a jump of the clock can't be recorded now");
                }
                if let Err(refusal) = snapshots.look().await {
                    tracing::warn!(%refusal, "the condition of the snapshots can't be recorded now");
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = ended.wait_for(|ended| *ended) => return,
                }
            }
        });
        Self { end, task }
    }

    /// Ends the task, and waits for it.
    pub(super) async fn end(self) {
        self.end.send_replace(true);
        let _ = self.task.await;
    }
}
