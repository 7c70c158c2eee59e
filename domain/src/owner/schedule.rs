//! Events scheduled over the API. Decides for the streams `schedule:{id}`.

use crate::{
    id::{OrderId, Principal, ScheduleId, Seq, Stream},
    rejection::Rejection,
    stream::StreamCommand,
    time::At,
    timer::{TimerChange, TimerKind, TimerState},
};
use serde::{Deserialize, Serialize};

/// What happened to an event scheduled over the API. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was scheduled.
    Created {
        /// The kind of timer that it fires.
        kind: TimerKind,
        /// The order whose timer it fires.
        order: OrderId,
        /// When it is to fire.
        due: At,
        /// JSON text that the operator wrote beside it; no rule reads it.
        payload: String,
    },
    /// It fired; `accepted` says whether the order let it through.
    Processed {
        /// Whether the order's own guards let it through.
        accepted: bool,
    },
    /// It was cancelled.
    Cancelled,
}

/// A command to one scheduled event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Schedules it.
    Create {
        /// The kind of timer that it fires.
        kind: TimerKind,
        /// The order whose timer it fires.
        order: OrderId,
        /// When it is to fire.
        due: At,
        /// JSON text that the operator wrote beside it; no rule reads it.
        payload: String,
    },
    /// Notes that it fired.
    Process {
        /// Whether the order's own guards let it through.
        accepted: bool,
    },
    /// Cancels it.
    Cancel,
}

/// An event scheduled over the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The kind of timer that it fires.
    pub kind: TimerKind,
    /// The order whose timer it fires.
    pub order: OrderId,
    /// When it is to fire.
    pub due: At,
    /// JSON text that the operator wrote beside it; no rule reads it.
    pub payload: String,
    /// Whether it is pending, has fired or was cancelled.
    pub state: TimerState,
    /// Whether the order's own guards let it through; `None` until it fired.
    pub accepted: Option<bool>,
    /// Sequence of its last record.
    pub last_seq: Seq,
}

impl Scheduled {
    /// Folds one event into what is known; the first must be `Created`.
    pub fn evolve(known: &mut Option<Self>, seq: Seq, event: &Event) {
        match (known, event) {
            (
                known,
                Event::Created {
                    kind,
                    order,
                    due,
                    payload,
                },
            ) => {
                *known = Some(Self {
                    kind: *kind,
                    order: *order,
                    due: *due,
                    payload: payload.clone(),
                    state: TimerState::Pending,
                    accepted: None,
                    last_seq: seq,
                });
            }
            (Some(known), Event::Processed { accepted }) => {
                known.last_seq = seq;
                known.state = TimerState::Processed;
                known.accepted = Some(*accepted);
            }
            (Some(known), Event::Cancelled) => {
                known.last_seq = seq;
                known.state = TimerState::Cancelled;
            }
            (None, Event::Processed { .. } | Event::Cancelled) => {}
        }
    }
}

impl StreamCommand for Command {
    type Target = ScheduleId;

    fn stream(schedule: ScheduleId) -> Stream {
        Stream::Schedule(schedule)
    }
}

/// Decides a command for a scheduled event, and what its timer does.
///
/// # Errors
/// `NotAllowed` to anybody but operators and the system, `NotFound`, `NotCancellable` once it has ended.
pub fn decide(
    known: Option<&Scheduled>,
    command: &Command,
    principal: Principal,
) -> Result<(Vec<Event>, Vec<TimerChange>), Rejection> {
    const KIND: TimerKind = TimerKind::Scheduled;
    if matches!(principal, Principal::User(_) | Principal::Gateway) {
        return Err(Rejection::NotAllowed {
            who: "operators".into(),
        });
    }
    match (known, command) {
        (
            None,
            Command::Create {
                kind,
                order,
                due,
                payload,
            },
        ) => Ok((
            vec![Event::Created {
                kind: *kind,
                order: *order,
                due: *due,
                payload: payload.clone(),
            }],
            vec![TimerChange::Arm {
                kind: KIND,
                generation: 1,
                due: *due,
            }],
        )),
        (None, _) => Err(Rejection::NotFound {
            what: "scheduled event".into(),
        }),
        (Some(_), Command::Create { .. }) => Ok((vec![], vec![])),
        (Some(known), Command::Process { .. }) if known.state != TimerState::Pending => {
            Ok((vec![], vec![]))
        }
        (Some(_), Command::Process { accepted }) => Ok((
            vec![Event::Processed {
                accepted: *accepted,
            }],
            vec![TimerChange::Fire {
                kind: KIND,
                generation: 1,
            }],
        )),
        (Some(known), Command::Cancel) if known.state != TimerState::Pending => {
            Err(Rejection::NotCancellable)
        }
        (Some(_), Command::Cancel) => Ok((
            vec![Event::Cancelled],
            vec![TimerChange::Disarm {
                kind: KIND,
                generation: 1,
            }],
        )),
    }
}
