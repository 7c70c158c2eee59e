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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::{
        AcceptStep::{BindRunner, MarkAccepted, NotifyCustomer, StopTimer, VerifyAvailable},
        CreateStep::{AuthorizePayment, CheckCustomer, RecordOrder},
    };

    /// The saga after these events.
    fn after(mut progress: Progress, events: &[Event]) -> Progress {
        for event in events {
            let Event::Step { step, mark } = event else {
                panic!("a mark")
            };
            progress.mark(*step, *mark);
        }
        progress
    }

    #[test]
    fn finishing_marks_what_is_left_up_to_the_step_and_all_of_it_once_it_was_unwound() {
        let new = Progress::default();
        let begun = finish(&new, BindRunner);
        assert_eq!(begun, [done(VerifyAvailable), done(BindRunner)]);
        let bound = after(new, &begun);
        let rest = finish(&bound, StopTimer);
        assert_eq!(rest, [done(MarkAccepted), done(StopTimer)]);
        let stopped = after(bound, &rest);
        let told = finish(&stopped, NotifyCustomer);
        assert_eq!(told, [done(NotifyCustomer)]);
        let accepted = after(stopped, &told);
        assert_eq!(finish(&accepted, NotifyCustomer), []);
        let undone = unwind(&accepted, Saga::Accept, None);
        let given_back = after(accepted, &undone);
        let anew = [begun, rest, told].concat();
        assert_eq!(finish(&given_back, NotifyCustomer), anew);
    }

    #[test]
    fn unwinding_undoes_what_was_begun_and_can_be_undone_last_first() {
        let recorded = after(
            Progress::default(),
            &finish(&Progress::default(), RecordOrder),
        );
        assert_eq!(recorded.state(CheckCustomer), Some(Mark::Done));
        let asked = after(recorded, &[start(AuthorizePayment)]);
        let [failed, undone] = [Mark::Failed, Mark::Undone];
        assert_eq!(
            unwind(&asked, Saga::Create, Some(AuthorizePayment.into())),
            [mark(AuthorizePayment, failed), mark(RecordOrder, undone)]
        );
        assert_eq!(
            unwind(&asked, Saga::Create, None),
            [mark(AuthorizePayment, undone), mark(RecordOrder, undone)]
        );
        assert_eq!(unwind(&asked, Saga::Accept, None), []);
    }
}
