//! The story of a walkthrough: what is done, step by step, in plain words.
//!
//! Must not: judge; deviations do.

use super::Money;
use crate::output;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Tells steps, and remembers them.
#[derive(Debug)]
pub struct Story {
    printed: bool,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    lines: Vec<String>,
    step: String,
    steps: usize,
    fault: Option<io::Error>,
}

impl Story {
    /// A story that is printed as it goes on.
    #[must_use]
    pub fn printed() -> Self {
        Self {
            printed: true,
            told: Mutex::default(),
        }
    }

    /// A story that is only remembered.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            printed: false,
            told: Mutex::default(),
        }
    }

    /// Begins a part with a heading.
    pub fn heading(&self, text: &str) {
        self.told().steps = 0;
        self.line(String::new());
        self.line(text.into());
    }

    /// Says what happens next; a deviation from here on is of this step.
    pub fn step(&self, text: impl Into<String>) {
        let text = text.into();
        let number = {
            let mut told = self.told();
            told.steps += 1;
            told.step.clone_from(&text);
            told.steps
        };
        self.line(format!("{number:>4}. {text}"));
    }

    /// Says what was found, below the step.
    pub fn remark(&self, text: &str) {
        self.line(format!("      {text}"));
    }

    /// Says where the money is after the step.
    pub fn money(&self, money: &Money) {
        self.line(format!("      | {money}"));
    }

    /// Prints a line as it is.
    pub fn line(&self, text: String) {
        let mut told = self.told();
        if self.printed
            && told.fault.is_none()
            && let Err(fault) = output::result(&text)
        {
            told.fault = Some(fault);
        }
        told.lines.push(text);
    }

    /// The step that is under way.
    #[must_use]
    pub fn current(&self) -> String {
        self.told().step.clone()
    }

    /// Everything told so far.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.told().lines.join("\n")
    }

    /// Why it could not be printed to the end, if it could not.
    #[must_use]
    pub fn fault(&self) -> Option<io::Error> {
        self.told().fault.take()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_within_their_part() {
        let story = Story::silent();
        story.heading("(a) one");
        story.step("first");
        story.remark("so it is");
        story.heading("(b) two");
        story.step("again");
        assert_eq!(
            story.transcript(),
            "\n(a) one\n   1. first\n      so it is\n\n(b) two\n   1. again"
        );
        assert_eq!(story.current(), "again");
    }
}
