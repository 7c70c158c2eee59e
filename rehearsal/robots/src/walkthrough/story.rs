//! The story of a walkthrough: its steps in plain words, printed and remembered.
//!
//! Must not: check anything; that is for deviations.
//! Invariant: a transition counts as shown once its step has been played to the end, and not before.

use super::{Money, Sums};
use campusg_domain::money::{Cents, Currency};
use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Longest line of a step, in characters: that of a line with all columns of the money.
const WIDTH: usize = 120;
/// A no-break space, at which no line is wrapped.
const TOGETHER: char = '\u{a0}';
/// Column in which the text of a step begins.
const INDENT: usize = 6;

/// A function that prints a line.
type Print = Arc<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// Prints steps and remembers them. Clones share one story.
#[derive(Clone)]
pub struct Story {
    print: Option<Print>,
    currency: Currency,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    lines: Vec<String>,
    step: String,
    steps: usize,
    shown: BTreeSet<&'static str>,
    // Invariant: the transitions of the step that is under way, none where it is left out.
    under_way: Vec<&'static str>,
    left_out: bool,
    fault: Option<io::Error>,
}

impl Log {
    fn finish_step(&mut self) {
        let played = std::mem::take(&mut self.under_way);
        self.shown.extend(played);
    }
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Story").finish_non_exhaustive()
    }
}

impl Story {
    /// A story that is printed line by line.
    #[must_use]
    pub fn printed(print: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self {
            print: Some(Arc::new(print)),
            currency: Currency::USD,
            log: Arc::default(),
        }
    }

    /// A story that is not printed, but can be read with [`Self::transcript`].
    #[must_use]
    pub fn silent() -> Self {
        Self {
            print: None,
            currency: Currency::USD,
            log: Arc::default(),
        }
    }

    /// This story, with its amounts in another currency than [`Currency::USD`].
    #[must_use]
    pub fn told_in(self, currency: Currency) -> Self {
        Self { currency, ..self }
    }

    /// Writes an amount in units of the server's currency.
    #[must_use]
    pub fn amount(&self, cents: i64) -> String {
        self.currency.figures(Cents(cents))
    }

    /// Ends the part before, and begins a new one with a heading.
    pub fn heading(&self, text: &str) {
        self.end();
        self.log().steps = 0;
        self.line(String::new());
        self.line(text.into());
    }

    /// Adds a blank line within a part, before steps about another order.
    pub fn pause(&self) {
        if self.log().steps > 0 {
            self.line(String::new());
        }
    }

    /// Ends a part: its last step has been played.
    pub fn end(&self) {
        self.log().finish_step();
    }

    /// Begins the next step; from here on, a deviation belongs to it.
    pub fn step(&self, text: impl Into<String>) {
        self.step_of(&[], text);
    }

    /// As [`Self::step`], for a step that shows these transitions of the lifecycle.
    pub fn step_of(&self, transitions: &[&'static str], text: impl Into<String>) {
        let text = text.into();
        let number = {
            let mut log = self.log();
            log.finish_step();
            log.under_way.extend(transitions);
            log.steps += 1;
            log.step.clone_from(&text);
            log.steps
        };
        self.line(wrapped(&format!(
            "{number:>4}. {text}{}",
            named(transitions)
        )));
    }

    /// Prints what was found, below the step.
    pub fn remark(&self, text: &str) {
        self.line(format!("      {text}"));
    }

    /// Says that the rest of a part is left out, and why. The step's transitions do not count as shown.
    pub fn leave_out(&self, why: &str) {
        {
            let mut log = self.log();
            log.under_way.clear();
            log.left_out = true;
        }
        self.remark(&format!("left out: {why}"));
    }

    /// Whether any part was left out.
    #[must_use]
    pub fn leaves_out(&self) -> bool {
        self.log().left_out
    }

    /// The transitions of the lifecycle whose steps were played to the end.
    #[must_use]
    pub fn shown(&self) -> BTreeSet<&'static str> {
        self.log().shown.clone()
    }

    /// Prints the order's money after the step, in six columns.
    pub fn sums(&self, sums: &Sums) {
        let told = sums.told(|cents| self.amount(cents));
        self.line(format!("      | {told}"));
    }

    /// Prints the order's money after the step, as its parties see it.
    pub fn money(&self, money: &Money) {
        let told = money.told(|cents| self.amount(cents));
        self.line(format!("      | {told}"));
    }

    /// Prints a line as it is.
    pub fn line(&self, text: String) {
        let mut log = self.log();
        if let Some(print) = &self.print
            && log.fault.is_none()
            && let Err(fault) = print(&text)
        {
            log.fault = Some(fault);
        }
        log.lines.push(text);
    }

    /// The text of the step that is under way.
    #[must_use]
    pub fn current(&self) -> String {
        self.log().step.clone()
    }

    /// All lines so far.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.log().lines.join("\n")
    }

    /// Takes the error of printing; `None` if everything could be printed.
    #[must_use]
    pub fn fault(&self) -> Option<io::Error> {
        self.log().fault.take()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wraps a step; further lines begin below the text of the first.
fn wrapped(step: &str) -> String {
    let mut lines = vec![String::new()];
    for word in step.split_inclusive(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > INDENT && last + word.trim_end().chars().count() > WIDTH {
            lines.push(" ".repeat(INDENT));
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n").replace(TOGETHER, " ")
}

/// The transitions of a step as text: ` (transition 16)`, ` (transitions 3, 4, 6)`, or nothing.
fn named(transitions: &[&str]) -> String {
    match transitions {
        [] => String::new(),
        [one] => format!(" (transition{TOGETHER}{one})"),
        several => {
            let several = several.join(&format!(",{TOGETHER}"));
            format!(" (transitions{TOGETHER}{several})")
        }
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
    #[test]
    fn a_transition_counts_once_its_step_is_over_and_not_where_it_was_left_out() {
        let story = Story::silent();
        story.step_of(&["3", "4"], "authorised and held");
        assert!(story.shown().is_empty() && !story.leaves_out());
        story.step_of(&["9"], "nobody comes");
        story.leave_out("no virtual clock");
        story.step_of(&["32a"], "a tip");
        story.end();
        assert_eq!(story.shown(), BTreeSet::from(["3", "4", "32a"]));
        assert!(story.leaves_out());
        assert_eq!(
            story.transcript(),
            "   1. authorised and held (transitions 3, 4)\n   2. nobody comes (transition 9)\n      left out: no virtual clock\n   3. a tip (transition 32a)"
        );
    }

    #[test]
    fn a_long_step_goes_on_below_its_first_letter() {
        let story = Story::silent();
        story.step_of(&["26"], "word ".repeat(30).trim_end());
        let text = story.transcript();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("   1. word") && lines[0].ends_with("word"));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[1].starts_with("      word") && lines[1].ends_with("(transition 26)"));
    }
}
