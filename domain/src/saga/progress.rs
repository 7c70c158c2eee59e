//! How far a saga has come, as a fold of its marks, and the marks that starting, finishing and unwinding make.
//!
//! Invariant: undo marks only steps marked as started, in reverse order, and never one whose undo is `Never`.

use super::plan::{Failing, Saga, Step, Undo};
use crate::order::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a step has come, as written in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It was begun and waits for an answer from outside.
    Started,
    /// It is done.
    Done,
    /// It was refused, or failed for good.
    Failed,
    /// It was taken back.
    Undone,
    /// It was tried as often as the policy allows and needs a person; it is still being tried.
    Stalled,
}

/// How far a step has come; a step without a state was not begun.
pub type StepState = Mark;

/// How far each saga of one order has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    steps: BTreeMap<Step, Mark>,
}

impl Progress {
    /// How far a step has come; `None` if it was not begun.
    #[must_use]
    pub fn state(&self, step: impl Into<Step>) -> Option<StepState> {
        self.steps.get(&step.into()).copied()
    }

    /// Every step that was begun with how far it has come, by saga and step.
    pub fn steps(&self) -> impl Iterator<Item = (Step, StepState)> + '_ {
        self.steps.iter().map(|(step, mark)| (*step, *mark))
    }

    /// The steps that need a person.
    pub fn stalled(&self) -> impl Iterator<Item = Step> + '_ {
        self.steps()
            .filter(|(_, mark)| *mark == Mark::Stalled)
            .map(|(step, _)| step)
    }

    /// Folds one mark. The first step of a saga that runs again (a second runner) starts it anew.
    pub fn mark(&mut self, step: Step, mark: Mark) {
        if step.is_first() {
            self.steps.retain(|of, _| of.saga() != step.saga());
        }
        self.steps.insert(step, mark);
    }

    /// Whether a step may be marked so where it stands now. What was not begun, or can't be taken back, is never undone;
    /// what is done is over, but for a saga that begins anew and for a step of several calls, which the table has tried
    /// again until a person helps.
    #[must_use]
    pub fn allows(&self, step: Step, mark: Mark) -> bool {
        let can_be_undone = match step.row().undo {
            Undo::By(_) => true,
            Undo::Never(_) => false,
        };
        match (self.state(step), mark) {
            (Some(Mark::Started | Mark::Done | Mark::Stalled), Mark::Undone) => can_be_undone,
            (None | Some(Mark::Failed | Mark::Undone), Mark::Undone) => false,
            (Some(Mark::Done), Mark::Started | Mark::Failed | Mark::Stalled) => {
                step.is_first() || step.row().failing == Failing::RetryThenAlert
            }
            (
                None | Some(Mark::Started | Mark::Stalled | Mark::Failed | Mark::Undone),
                Mark::Started | Mark::Failed | Mark::Stalled,
            )
            | (_, Mark::Done) => true,
        }
    }
}

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

/// Makes the events that mark the steps of `last`'s saga as done, from the first that is not up to `last`.
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
