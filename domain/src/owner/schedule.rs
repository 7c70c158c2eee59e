//! Events scheduled over the API. Decides for the streams `schedule:{id}`.

use crate::{
    id::{OrderId, Principal, ScheduleId, Seq, Stream},
    rejection::Rejection,
    stream::StreamCommand,
    time::At,
    timer::{TimerChange, TimerKind, TimerState},
};
use serde::{Deserialize, Serialize};

/// Something that happened to one event scheduled over the API. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// An operator scheduled the event.
    Created {
        /// The kind of timer that is to fire at `due`.
        kind: TimerKind,
        /// The order whose timer is to fire.
        order: OrderId,
        /// When the event is due.
        due: At,
        /// JSON text that the operator gave with it; kept as it is, and nothing is decided by it.
        payload: String,
    },
    /// The event was due, and the order has decided its command.
    Processed {
        /// Whether the order accepted the command; it refuses where no such timer is armed.
        accepted: bool,
    },
    /// The event was cancelled before it was due.
    Cancelled,
}

/// A command to one scheduled event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Schedules the event.
    Create {
        /// The kind of timer that is to fire at `due`.
        kind: TimerKind,
        /// The order whose timer is to fire.
        order: OrderId,
        /// When the event is due.
        due: At,
        /// JSON text that the operator gives with it; kept as it is, and nothing is decided by it.
        payload: String,
    },
    /// Notes that the event was due and what the order decided.
    Process {
        /// Whether the order accepted the command; it refuses where no such timer is armed.
        accepted: bool,
    },
    /// Cancels the event.
    Cancel,
}

/// An event scheduled over the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The kind of timer that is to fire at `due`.
    pub kind: TimerKind,
    /// The order whose timer is to fire.
    pub order: OrderId,
    /// When the event is due.
    pub due: At,
    /// JSON text that the operator gave with it; nothing is decided by it.
    pub payload: String,
    /// Whether the event is pending, processed or cancelled.
    pub state: TimerState,
    /// Whether the order accepted its command; `None` until it is processed.
    pub accepted: Option<bool>,
    /// Sequence of the event's last record.
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
