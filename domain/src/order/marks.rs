//! The marks of an order's sagas, as events: what starting, finishing and unwinding them makes.
//!
//! Invariant: undo marks only steps marked as started, in reverse order, and never one whose undo is `Never`.

use super::event::Event;
use crate::saga::{Mark, Progress, Saga, Step};

/// Makes the event that marks a step.
#[must_use]
pub fn mark(step: impl Into<Step>, mark: Mark) -> Event {
    let step = step.into();
    Event::Step { step, mark }
}

/// Makes the event that marks a step as begun.
#[must_use]
pub fn start(step: impl Into<Step>) -> Event {
    mark(step, Mark::Started)
}

/// Makes the event that marks a step as done.
#[must_use]
pub fn done(step: impl Into<Step>) -> Event {
    mark(step, Mark::Done)
}

/// Makes the events that mark the steps of `last`'s saga as done, from the first that is not up to `last`.
#[must_use]
pub fn finish(progress: &Progress, last: impl Into<Step>) -> Vec<Event> {
    let last = last.into();
    let begun_anew = progress.state(last) == Some(Mark::Undone);
    let steps = last.saga().steps().iter().copied();
    steps
        .filter(|step| *step <= last)
        .filter(|step| begun_anew || progress.state(*step) != Some(Mark::Done))
        .map(done)
        .collect()
}

/// Makes the events that mark `failed` as failed, if there is one, and what was begun before it as undone, last first.
#[must_use]
pub fn unwind(progress: &Progress, saga: Saga, failed: Option<Step>) -> Vec<Event> {
    let steps = saga.steps().iter().rev().copied();
    let undone = steps.filter(|step| Some(*step) != failed && progress.allows(*step, Mark::Undone));
    let failure = failed.map(|step| mark(step, Mark::Failed));
    failure
        .into_iter()
        .chain(undone.map(|step| mark(step, Mark::Undone)))
        .collect()
}
