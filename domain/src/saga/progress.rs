//! How far a saga has come, as a fold of its marks.

use super::plan::{Failing, Step, Undo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a step has come, as written in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The step was begun and waits for an answer from outside.
    Started,
    /// The step is done.
    Done,
    /// The step was refused, or failed for good.
    Failed,
    /// The step was undone.
    Undone,
    /// The step was tried as often as the policy allows, so a person should look; it is still being tried.
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

    /// Whether a step may get this mark after the one that it has. A step that was not begun, or can't be undone, is never
    /// marked as undone. A step that is done gets no other mark, unless its saga begins anew with it, or it is one that is
    /// tried again (`RetryThenAlert`), since it may consist of several calls.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::{AcceptStep, CompleteStep, CreateStep, Saga};

    /// Progress after these marks.
    fn of(steps: &[(Step, Mark)]) -> Progress {
        let mut progress = Progress::default();
        for (step, mark) in steps {
            progress.mark(*step, *mark);
        }
        progress
    }

    #[test]
    fn what_is_done_stays_done_unless_its_saga_begins_anew_or_it_is_tried_again() {
        let table = [
            // a step, and whether it may get such a mark once it is done
            (Step::from(CompleteStep::BuyFood), false),
            (CompleteStep::ArriveOnSite.into(), true),
            (CompleteStep::CapturePayment.into(), true),
        ];
        for (step, again) in table {
            for mark in [Mark::Started, Mark::Failed, Mark::Stalled] {
                let done = of(&[(step, Mark::Done)]);
                assert_eq!(done.allows(step, mark), again, "{} {mark:?}", step.name());
                assert!(Progress::default().allows(step, mark));
                assert!(of(&[(step, mark)]).allows(step, Mark::Done));
            }
        }
    }

    #[test]
    fn only_what_was_begun_and_can_be_undone_is_undone() {
        let (by, never) = (CreateStep::RecordOrder, CreateStep::CheckCustomer);
        for (mark, begun) in [
            (Mark::Started, true),
            (Mark::Done, true),
            (Mark::Stalled, true),
            (Mark::Failed, false),
            (Mark::Undone, false),
        ] {
            let progress = of(&[(never.into(), mark), (by.into(), mark)]);
            assert_eq!(progress.allows(by.into(), Mark::Undone), begun, "{mark:?}");
            assert!(!progress.allows(never.into(), Mark::Undone));
        }
        assert!(!Progress::default().allows(by.into(), Mark::Undone));
    }

    #[test]
    fn a_saga_that_begins_anew_forgets_its_own_steps_and_no_others() {
        let [first, second] = [AcceptStep::VerifyAvailable, AcceptStep::BindRunner].map(Step::from);
        let other = Step::from(CreateStep::RecordOrder);
        let mut progress = of(&[
            (other, Mark::Done),
            (first, Mark::Done),
            (second, Mark::Stalled),
        ]);
        assert_eq!(progress.stalled().collect::<Vec<_>>(), [second]);
        progress.mark(first, Mark::Started);
        let left: Vec<_> = progress.steps().collect();
        assert_eq!(left, [(other, Mark::Done), (first, Mark::Started)]);
        assert_eq!(
            (progress.state(second), progress.stalled().count()),
            (None, 0)
        );
    }

    #[test]
    fn operators_read_the_names_of_sagas_and_their_steps() {
        assert_eq!(
            Saga::ALL.map(Saga::name),
            ["create-order", "accept-order", "complete-order"]
        );
        let firsts = Saga::ALL.map(|saga| saga.steps()[0].name());
        assert_eq!(
            firsts,
            ["check-customer", "verify-available", "arrive-on-site"]
        );
        for saga in Saga::ALL {
            let first = |step: &&Step| step.is_first();
            assert_eq!(saga.steps().iter().filter(first).count(), 1);
        }
    }
}
