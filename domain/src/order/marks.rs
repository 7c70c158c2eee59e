//! The marks of an order's sagas, as events: starting, finishing and unwinding their steps.
//!
//! Invariant: undo marks only steps marked as started, in reverse order, and never one whose undo is `Never`.

use super::event::Event;
use crate::saga::{Mark, Progress, Saga, Step};

/// Returns the event that marks a step.
#[must_use]
pub fn mark(step: impl Into<Step>, mark: Mark) -> Event {
    let step = step.into();
    Event::Step { step, mark }
}

/// Returns the event that marks a step as started.
#[must_use]
pub fn start(step: impl Into<Step>) -> Event {
    mark(step, Mark::Started)
}

/// Returns the events that mark as done every step of `last`'s saga up to `last` that is not done yet. If `last` was
/// undone, the saga begins anew, and all of them are marked.
#[must_use]
pub fn finish(progress: &Progress, last: impl Into<Step>) -> Vec<Event> {
    let last = last.into();
    let begun_anew = progress.state(last) == Some(Mark::Undone);
    let steps = last.saga().steps().iter().copied();
    steps
        .filter(|step| *step <= last)
        .filter(|step| begun_anew || progress.state(*step) != Some(Mark::Done))
        .map(|step| mark(step, Mark::Done))
        .collect()
}

/// Returns the events that mark the step `failed` as failed, if there is one, and every other step of the saga that can
/// be undone as undone, last first.
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
