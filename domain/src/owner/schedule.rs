//! Events scheduled over the API. Decides for the streams `schedule:{id}`.

use crate::{
    id::{OrderId, Principal, ScheduleId, Seq, Stream, UserId},
    rejection::Rejection,
    stream::StreamCommand,
    text::Sealed,
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
        /// The operator who scheduled it, under whose key the payload is sealed.
        author: UserId,
        /// JSON text that the operator wrote beside it, sealed; no rule reads it.
        payload: Sealed,
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
        /// The operator who scheduled it, under whose key the payload is sealed.
        author: UserId,
        /// JSON text that the operator wrote beside it, sealed; no rule reads it.
        payload: Sealed,
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
    /// The operator who scheduled it, under whose key the payload is sealed.
    pub author: UserId,
    /// JSON text that the operator wrote beside it, sealed; no rule reads it.
    pub payload: Sealed,
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
                    author,
                    payload,
                },
            ) => {
                *known = Some(Self {
                    kind: *kind,
                    order: *order,
                    due: *due,
                    author: *author,
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

/// What is known of an event that has neither fired nor been cancelled: what it needs to fire, and no payload, as there may be
/// millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The kind of timer that it fires.
    pub kind: TimerKind,
    /// The order whose timer it fires.
    pub order: OrderId,
    /// Sequence of its last record.
    pub last_seq: Seq,
}

impl Pending {
    /// Returns what is known after an event; `None` once it has ended.
    #[must_use]
    pub const fn after(seq: Seq, event: &Event) -> Option<Self> {
        match event {
            Event::Created { kind, order, .. } => Some(Self {
                kind: *kind,
                order: *order,
                last_seq: seq,
            }),
            Event::Processed { .. } | Event::Cancelled => None,
        }
    }

    /// Returns what is to be known of an event; `None` if it has ended.
    #[must_use]
    pub fn of(scheduled: &Scheduled) -> Option<Self> {
        (scheduled.state == TimerState::Pending).then_some(Self {
            kind: scheduled.kind,
            order: scheduled.order,
            last_seq: scheduled.last_seq,
        })
    }
}

impl StreamCommand for Command {
    type Target = ScheduleId;

    fn stream(schedule: ScheduleId) -> Stream {
        Stream::Schedule(schedule)
    }
}

/// Most events that may be pending at once: each is kept in memory until it fires.
pub const MOST_PENDING: u32 = 100_000;

/// Decides a command for a scheduled event, and what its timer does. Nothing is known of one that has ended. `pending` is how
/// many there are now.
///
/// # Errors
/// `NotAllowed` to anybody but operators and the system; `NotFound`; `TooManyScheduled`.
pub fn decide(
    known: Option<&Pending>,
    pending: usize,
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
        (None, Command::Create { .. }) if pending >= MOST_PENDING as usize => {
            Err(Rejection::TooManyScheduled {
                limit: MOST_PENDING,
            })
        }
        (
            None,
            Command::Create {
                kind,
                order,
                due,
                author,
                payload,
            },
        ) => Ok((
            vec![Event::Created {
                kind: *kind,
                order: *order,
                due: *due,
                author: *author,
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
        (Some(_), Command::Process { accepted }) => Ok((
            vec![Event::Processed {
                accepted: *accepted,
            }],
            vec![TimerChange::Fire {
                kind: KIND,
                generation: 1,
            }],
        )),
        (Some(_), Command::Cancel) => Ok((
            vec![Event::Cancelled],
            vec![TimerChange::Disarm {
                kind: KIND,
                generation: 1,
            }],
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_pending_until_it_fires_or_is_cancelled() {
        let created = Event::Created {
            kind: TimerKind::StepRetry,
            order: OrderId::from_bytes([1; 16]),
            due: At(5),
            author: UserId::from_bytes([2; 16]),
            payload: Sealed(vec![7]),
        };
        let pending = Pending {
            kind: TimerKind::StepRetry,
            order: OrderId::from_bytes([1; 16]),
            last_seq: Seq(3),
        };
        assert_eq!(Pending::after(Seq(3), &created), Some(pending));
        let mut known = None;
        Scheduled::evolve(&mut known, Seq(3), &created);
        assert_eq!(known.as_ref().and_then(Pending::of), Some(pending));
        for ended in [Event::Processed { accepted: true }, Event::Cancelled] {
            let mut known = known.clone();
            Scheduled::evolve(&mut known, Seq(4), &ended);
            assert_eq!(known.as_ref().and_then(Pending::of), None);
            assert_eq!(known.map(|known| known.last_seq), Some(Seq(4)));
            assert_eq!(Pending::after(Seq(4), &ended), None);
        }
    }

    #[test]
    fn v11_only_so_many_are_pending_at_once() {
        let author = UserId::from_bytes([1; 16]);
        let create = Command::Create {
            kind: TimerKind::OrderTimeout,
            order: OrderId::from_bytes([2; 16]),
            due: At(1),
            author,
            payload: Sealed(vec![7]),
        };
        let most = MOST_PENDING as usize;
        let decided = |pending| decide(None, pending, &create, Principal::Operator(author));
        assert!(decided(most - 1).is_ok());
        let limit = MOST_PENDING;
        assert_eq!(decided(most), Err(Rejection::TooManyScheduled { limit }));
        let known = Pending {
            kind: TimerKind::OrderTimeout,
            order: OrderId::from_bytes([2; 16]),
            last_seq: Seq(1),
        };
        let cancelled = decide(Some(&known), most, &Command::Cancel, Principal::System);
        assert!(cancelled.is_ok(), "those that are there go on");
    }

    #[test]
    fn v11_what_is_kept_of_each_event_is_small() {
        assert!(std::mem::size_of::<Pending>() <= 32);
    }
}
