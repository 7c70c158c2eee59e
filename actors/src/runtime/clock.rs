//! The clock of a server: whether it goes on from where the journal ends, what is done when it jumps, and who accepts that.
//!
//! Invariant: whatever compares times in a running server asks the one clock that is made here.

use super::{
    FreeText, Refusal, Runtime, StartFault, owners::unreadable, system_stream::SystemStream,
};
use crate::{
    port::clock::{
        Clock,
        steady::{STEP_MS, SteadyClock, Step},
    },
    services::Services,
    shell::order::Orders,
};
use campusg_domain::{
    id::{OrderId, Principal, Seq, Stream, UserId},
    notice::NoticeKind,
    order,
    owner::wallet::{self, Wallets},
    record::SystemEvent,
    rejection::Rejection,
    stream::{Envelope, Meta, own_command},
    text::Sealed,
    time::{At, DAY_MS},
};
use campusg_storage::{boot::BootState, read::Reads, snapshot::SnapshotFault};
use futures_util::{StreamExt, stream};
use std::{collections::BTreeSet, sync::Arc};

/// How many of the last records are read to find the newest time: concurrent records may be out of order by time.
const UNDER_WAY: u64 = 512;
/// What is longer than this, in milliseconds, may as well be a wrong clock as a stop.
const LONG_STOP_MS: u64 = 7 * DAY_MS;
/// Most orders, or wallets, that are told at once.
const AT_ONCE: usize = 64;

/// A person's word that the clock is right although it does not go on from where the journal ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedClock {
    /// The journal's newest time, of which the clock is accepted. A word about another time counts for nothing.
    pub from: At,
    /// Who accepts it, as they name themselves.
    pub by: String,
}

/// The clock to start with, and what is to be recorded of it.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) clock: SteadyClock,
    pub(super) event: Option<SystemEvent>,
    /// How far the clock was set back when it was last accepted, in milliseconds; 0 where nothing lies ahead of it.
    pub(super) set_back_ms: u64,
}

/// Returns the clock with which a runtime goes on from where the journal ends.
///
/// # Errors
/// `Clock` if it does not go on from there, and nobody accepts that.
pub(super) fn begin(
    system: Arc<dyn Clock>,
    boot: &BootState,
    reads: &Reads,
    accepted: Option<AcceptedClock>,
) -> Result<Begun, StartFault> {
    let newest = newest(boot, reads).map_err(|fault| unreadable(&fault))?;
    if system.is_virtual() && system.now() < newest {
        system.advance(newest.since(system.now()));
    }
    let shown = system.now();
    let held_ms = held_ms(boot.clock.as_ref(), newest, shown);
    let far_off = newest.since(shown) > STEP_MS
        || !system.is_virtual()
            && long_stop(newest, shown, reads).map_err(|fault| unreadable(&fault))?;
    let (now, event) = if held_ms > 0 {
        (shown.minus(held_ms), None)
    } else if far_off {
        let accepted = accepted.filter(|accepted| accepted.from == newest);
        let by = accepted.ok_or(StartFault::Clock { newest, shown })?.by;
        let event = SystemEvent::ClockAccepted {
            from: newest,
            to: shown,
            by: Some(by),
            reason: None,
        };
        (shown, Some(event))
    } else {
        let stepped = matches!(boot.clock, Some(SystemEvent::ClockStepped { .. }));
        let settled = stepped.then_some(SystemEvent::ClockSettled);
        (newest.max(shown), settled)
    };
    let last = boot.accepted.as_ref().map(|(_, event)| event);
    let set_back_ms = set_back_ms(event.as_ref().or(last), now);
    Ok(Begun {
        clock: SteadyClock::new(system, now),
        event,
        set_back_ms,
    })
}

/// The newest time in the journal since a person last accepted the clock; 0 in an empty one.
fn newest(boot: &BootState, reads: &Reads) -> Result<At, SnapshotFault> {
    let accepted = boot.accepted.as_ref().map_or(0, |(seq, _)| seq.0 - 1);
    let after = boot.folded.0.saturating_sub(UNDER_WAY).max(accepted);
    let last = reads.entries_after(Seq(after), UNDER_WAY as usize)?;
    let times = last.iter().map(|entry| entry.record.at);
    Ok(times.max().unwrap_or_default())
}

/// How far ahead the clock still is by a jump that was noticed before the stop and not accepted, in milliseconds.
fn held_ms(clock: Option<&SystemEvent>, newest: At, shown: At) -> u64 {
    let Some(SystemEvent::ClockStepped { from, to }) = clock else {
        return 0;
    };
    let ms = to.since(*from);
    if shown.plus(STEP_MS) >= newest.plus(ms) {
        ms
    } else {
        0
    }
}

/// Whether the journal ends so long ago that the clock may be wrong, and time-outs would fire at once because of that.
fn long_stop(newest: At, shown: At, reads: &Reads) -> Result<bool, SnapshotFault> {
    let long = newest > At(0) && shown.since(newest) > LONG_STOP_MS;
    Ok(long && !reads.timers_between(At(0), shown.plus(1), 1)?.is_empty())
}

fn set_back_ms(accepted: Option<&SystemEvent>, now: At) -> u64 {
    match accepted {
        Some(SystemEvent::ClockAccepted { from, .. }) if *from <= now => 0,
        Some(SystemEvent::ClockAccepted { from, to, .. }) => from.since(*to),
        Some(
            SystemEvent::Booted { .. }
            | SystemEvent::ClockStepped { .. }
            | SystemEvent::ClockSettled
            | SystemEvent::SnapshotsDamaged { .. }
            | SystemEvent::SnapshotsWhole,
        )
        | None => 0,
    }
}

/// The wallets that lie ahead of a clock that was set back.
pub(super) fn wallets_ahead(wallets: &Wallets, set_back_ms: u64, now: At) -> Vec<UserId> {
    let wallets = wallets.iter().filter(|_| set_back_ms > 0);
    let ahead = wallets.filter(|wallet| wallet.last_at > now);
    ahead.map(|wallet| wallet.user).collect()
}

/// Tells what lies ahead of a clock that was set back: every order with a timer, and these wallets. An order without a
/// timer is told with its next command.
pub(super) async fn set_back(services: &Services, orders: &Orders, wallets: Vec<UserId>) {
    let (ms, now) = (services.set_back_ms, services.clock.now());
    if ms == 0 {
        return;
    }
    let ahead = services.read(move |reads| reads.timers_between(now, At(u64::MAX), usize::MAX));
    let ahead = ahead.await.unwrap_or_else(|refusal| {
        tracing::error!(%refusal, "the timers that lie ahead of the clock can't be read");
        vec![]
    });
    let with_timers: BTreeSet<OrderId> = ahead
        .iter()
        .filter_map(|timer| match timer.stream {
            Stream::Order(order) => Some(order),
            Stream::System
            | Stream::User(_)
            | Stream::Store(_)
            | Stream::Wallet(_)
            | Stream::Inbox(_)
            | Stream::Schedule(_) => None,
        })
        .collect();
    let own = |stream: Stream| own_command(stream, "set clock back", now.0);
    let told_orders = stream::iter(with_timers).map(async |order| {
        let command = order::Command::SetClockBack { ms };
        let id = own(Stream::Order(order));
        let told = orders.send(Envelope::own(Principal::System, id, order, command));
        told.await.map(drop)
    });
    let told_wallets = stream::iter(wallets).map(async |user| {
        let command = wallet::Command::SetClockBack { ms };
        let id = own(Stream::Wallet(user));
        let told = services
            .owners
            .submit(Envelope::own(Principal::System, id, user, command));
        told.await.map(drop)
    });
    let report = async |told: Result<(), Refusal>| {
        if let Err(refusal) = told {
            tracing::error!(%refusal, "something still lies ahead of the clock");
        }
    };
    told_orders.buffer_unordered(AT_ONCE).for_each(report).await;
    told_wallets
        .buffer_unordered(AT_ONCE)
        .for_each(report)
        .await;
}

/// Records jumps of the clock, and who accepts them.
pub(super) struct ClockKeeper {
    clock: SteadyClock,
    stream: Arc<SystemStream>,
    /// The jump that is recorded and neither accepted nor over.
    known: tokio::sync::Mutex<Option<Step>>,
}

impl ClockKeeper {
    pub(super) fn new(clock: SteadyClock, stream: Arc<SystemStream>) -> Self {
        let known = tokio::sync::Mutex::default();
        Self {
            clock,
            stream,
            known,
        }
    }

    /// The jump of the system's clock that nobody has accepted.
    pub(super) fn step(&self) -> Option<Step> {
        self.clock.step()
    }

    /// Records a jump of the system's clock, or its end, and alarms operators of the former.
    pub(super) async fn look(&self) -> Result<(), Refusal> {
        let mut known = self.known.lock().await;
        let step = self.clock.step();
        let is_new = |step: Step| {
            let same = |known: Step| {
                known.is_back() == step.is_back() && known.ms().abs_diff(step.ms()) <= STEP_MS
            };
            !known.is_some_and(same)
        };
        let (event, alarm) = match step {
            Some(step) if is_new(step) => {
                tracing::error!(
                    now_ms = step.now.0,
                    shown_ms = step.shown.0,
                    "the system's clock jumped: time goes on as if it had not, until it is set right or somebody accepts it"
                );
                let (back, ms) = (step.is_back(), step.ms());
                let kind = NoticeKind::ClockStepped { back, ms };
                let event = SystemEvent::ClockStepped {
                    from: step.now,
                    to: step.shown,
                };
                (event, Some(kind))
            }
            None if known.is_some() => {
                tracing::warn!("the system's clock shows again what it should");
                (SystemEvent::ClockSettled, None)
            }
            Some(_) | None => return Ok(()),
        };
        self.stream.note("clock", vec![event], alarm).await?;
        *known = step;
        Ok(())
    }

    /// Follows a jump forward, and records who accepted it.
    async fn accept(&self, meta: &Meta, reason: Sealed) -> Result<Step, Refusal> {
        let mut known = self.known.lock().await;
        let step = match self.clock.step() {
            None => return Err(Refusal::not_found("jump of the clock")),
            Some(step) if step.is_back() => {
                return Err(Rejection::ClockSetBack { ms: step.ms() }.into());
            }
            Some(step) => step,
        };
        let event = SystemEvent::ClockAccepted {
            from: step.now,
            to: step.shown,
            by: None,
            reason: Some(reason),
        };
        self.stream.record(meta, event).await?;
        *known = None;
        // Only what is recorded is followed. Where the clock was set right meanwhile, there is nothing to follow.
        Ok(self.clock.accept().unwrap_or(step))
    }
}

impl Runtime {
    /// The time by the runtime's clock, which everything that compares times asks.
    #[must_use]
    pub fn now(&self) -> At {
        self.clock().now()
    }

    /// Accepts that the system's clock jumped forward, and returns the jump; time-outs that come due by it fire then.
    /// Operators only.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` for the reason; `NotFound` if it did not jump; `ClockSetBack` if it was set back.
    pub async fn accept_clock(&self, meta: &Meta, reason: &str) -> Result<Step, Refusal> {
        self.admit()?;
        meta.operator()?;
        let reason = self.seal_free_text(meta.principal, FreeText::Reason, reason)?;
        self.0.outside.clock.accept(meta, reason).await
    }
}
