//! The engine: how far a saga has come, as a fold of its marks, and the marks that starting, finishing and unwinding make.
//!
//! Invariant: undo marks only steps marked as started, in reverse order, and never one whose undo is `Never`.

use super::plan::{Saga, Undo};
use crate::order::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It was begun, and waits for somebody outside.
    Started,
    /// It is done.
    Done,
    /// It was refused, or failed for good.
    Failed,
    /// It was taken back.
    Undone,
    /// It keeps failing and needs a person.
    Stalled,
}

/// Where a step stands; absent means not begun.
pub type StepState = Mark;

/// Where each saga of one order stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    steps: BTreeMap<(Saga, u8), Mark>,
}

impl Progress {
    /// Where a step stands; `None` if it was not begun.
    #[must_use]
    pub fn state(&self, saga: Saga, step: u8) -> Option<StepState> {
        self.steps.get(&(saga, step)).copied()
    }

    /// Every step begun, by saga and step.
    pub fn steps(&self) -> impl Iterator<Item = (Saga, u8, StepState)> + '_ {
        self.steps
            .iter()
            .map(|((saga, step), mark)| (*saga, *step, *mark))
    }

    /// Steps that need a person.
    pub fn stalled(&self) -> impl Iterator<Item = (Saga, u8)> + '_ {
        self.steps()
            .filter(|(.., mark)| *mark == Mark::Stalled)
            .map(|(saga, step, _)| (saga, step))
    }

    /// Folds one mark. The first step of a saga that runs again (a second runner) starts it anew.
    pub fn mark(&mut self, saga: Saga, step: u8, mark: Mark) {
        if step == 0 {
            self.steps.retain(|(of, _), _| *of != saga);
        }
        self.steps.insert((saga, step), mark);
    }
}

fn index(saga: Saga, name: &str) -> u8 {
    let at = saga.plan().steps.iter().position(|step| step.name == name);
    u8::try_from(at.expect("the name stands in the plan: a test walks them all"))
        .expect("plans have few steps")
}

fn marked(saga: Saga, step: u8, mark: Mark) -> Event {
    Event::Step { saga, step, mark }
}

/// Marks the step `name`.
///
/// # Panics
/// If the plan has no such step, which a walk over every command would show.
#[must_use]
pub fn mark(saga: Saga, name: &str, mark: Mark) -> Event {
    marked(saga, index(saga, name), mark)
}

/// Marks the step `name` as begun.
#[must_use]
pub fn start(saga: Saga, name: &str) -> Event {
    mark(saga, name, Mark::Started)
}

/// Marks every step from the first not done up to `name` as done.
#[must_use]
pub fn finish(progress: &Progress, saga: Saga, name: &str) -> Vec<Event> {
    let last = index(saga, name);
    let begun_anew = progress.state(saga, last) == Some(Mark::Undone);
    (0..=last)
        .filter(|step| begun_anew || progress.state(saga, *step) != Some(Mark::Done))
        .map(|step| marked(saga, step, Mark::Done))
        .collect()
}

/// Marks the step `failed` as failed, if there is one, and takes back what was begun before it, last first.
#[must_use]
pub fn unwind(progress: &Progress, saga: Saga, failed: Option<&str>) -> Vec<Event> {
    let failed = failed.map(|name| index(saga, name));
    let begun = progress.steps().filter(|(of, step, mark)| {
        *of == saga
            && Some(*step) != failed
            && matches!(mark, Mark::Started | Mark::Done | Mark::Stalled)
    });
    let undone = begun
        .filter(|(_, step, _)| matches!(saga.plan().steps[usize::from(*step)].undo, Undo::By(..)));
    let mut steps: Vec<u8> = undone.map(|(_, step, _)| step).collect();
    steps.reverse();
    let failure = failed.map(|step| marked(saga, step, Mark::Failed));
    failure
        .into_iter()
        .chain(
            steps
                .into_iter()
                .map(|step| marked(saga, step, Mark::Undone)),
        )
        .collect()
}
