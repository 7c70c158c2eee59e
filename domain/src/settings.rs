//! Rules for the values of a configuration: checked one after the other, and the first that is broken is reported.
//!
//! Owns how a broken rule is worded. Must not know any setting: each section of the configuration states its own rules.

use crate::time::DAY_MS;
use std::fmt::Display;

const LONGEST_MS: u64 = 366 * DAY_MS;

/// A value of a configuration that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {rule}")]
pub struct BrokenRule {
    /// The key: relative to its section where the section reports it, else with the section in front.
    pub key: String,
    /// The rule, worded to follow the key: "must be …".
    pub rule: String,
}

impl BrokenRule {
    /// Reports that the value of `key` breaks `rule`.
    #[must_use]
    pub fn new(key: &str, rule: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            rule: rule.into(),
        }
    }

    /// Puts `section.` in front of the rule's key.
    #[must_use]
    pub fn within(self, section: &str) -> Self {
        Self {
            key: format!("{section}.{}", self.key),
            ..self
        }
    }
}

/// The rules of one section, checked as they are stated. After the first broken one the others are ignored.
#[derive(Debug, Default)]
#[must_use = "rules that are not checked hold nothing"]
pub struct Rules {
    broken: Option<BrokenRule>,
}

impl Rules {
    /// Starts a section, with no rule stated yet.
    pub const fn new() -> Self {
        Self { broken: None }
    }

    /// A rule in words, to follow the key: "must be a loopback address".
    pub fn must(mut self, key: &str, holds: bool, rule: impl Display) -> Self {
        if !holds && self.broken.is_none() {
            self.broken = Some(BrokenRule::new(key, rule.to_string()));
        }
        self
    }

    /// The value is `least` or more.
    pub fn at_least<T: PartialOrd + Display>(self, key: &str, value: T, least: T) -> Self {
        self.must(
            key,
            value >= least,
            format_args!("must be at least {least}"),
        )
    }

    /// The value is `most` or less.
    pub fn at_most<T: PartialOrd + Display>(self, key: &str, value: T, most: T) -> Self {
        self.must(key, value <= most, format_args!("must be at most {most}"))
    }

    /// The value is from `least` to `most`.
    pub fn from_to<T: PartialOrd + Display>(self, key: &str, value: T, least: T, most: T) -> Self {
        self.must(
            key,
            value >= least && value <= most,
            format_args!("must be from {least} to {most}"),
        )
    }

    /// The span is from `least` milliseconds to 366 days, so that every moment at its end can be written down.
    pub fn span(self, key: &str, ms: u64, least: u64) -> Self {
        self.must(
            key,
            (least..=LONGEST_MS).contains(&ms),
            format_args!("must be from {least} to {LONGEST_MS}, which is 366 days"),
        )
    }

    /// The value is that of another key or more.
    pub fn at_least_key<T: PartialOrd>(self, key: &str, value: T, other: (&str, T)) -> Self {
        self.must(
            key,
            value >= other.1,
            format_args!("must be at least {}", other.0),
        )
    }

    /// The value is that of another key or less.
    pub fn at_most_key<T: PartialOrd>(self, key: &str, value: T, other: (&str, T)) -> Self {
        self.must(
            key,
            value <= other.1,
            format_args!("must be at most {}", other.0),
        )
    }

    /// The value is less than that of another key.
    pub fn below_key<T: PartialOrd>(self, key: &str, value: T, other: (&str, T)) -> Self {
        self.must(
            key,
            value < other.1,
            format_args!("must be below {}", other.0),
        )
    }

    /// The rules of a table within this section; `checked` is the outcome of that table's own check.
    pub fn table(mut self, name: &str, checked: Result<(), BrokenRule>) -> Self {
        if let (None, Err(broken)) = (&self.broken, checked) {
            self.broken = Some(broken.within(name));
        }
        self
    }

    /// Returns the outcome of all rules.
    ///
    /// # Errors
    /// The first rule that is broken, in the order in which they were stated.
    pub fn check(self) -> Result<(), BrokenRule> {
        self.broken.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rules: Rules) -> String {
        rules.check().unwrap_err().to_string()
    }

    #[test]
    fn the_first_broken_rule_is_said_with_its_key() {
        let rules = Rules::new().at_least("a", 1, 1).at_most("b", 2, 2);
        assert_eq!(rules.check(), Ok(()));
        let broken = Rules::new().at_least("a", 0, 1).at_least("b", 0, 1);
        assert_eq!(said(broken), "a: must be at least 1");
    }

    #[test]
    fn every_rule_is_worded_to_follow_its_key() {
        let other = ("b", 5);
        let table = [
            (Rules::new().at_most("a", 6, 5), "a: must be at most 5"),
            (Rules::new().from_to("a", 6, 1, 5), "a: must be from 1 to 5"),
            (Rules::new().from_to("a", 0, 1, 5), "a: must be from 1 to 5"),
            (
                Rules::new().span("a", u64::MAX, 1),
                "a: must be from 1 to 31622400000, which is 366 days",
            ),
            (
                Rules::new().span("a", 0, 1),
                "a: must be from 1 to 31622400000, which is 366 days",
            ),
            (
                Rules::new().at_least_key("a", 4, other),
                "a: must be at least b",
            ),
            (
                Rules::new().at_most_key("a", 6, other),
                "a: must be at most b",
            ),
            (Rules::new().below_key("a", 5, other), "a: must be below b"),
            (Rules::new().must("a", false, "must go"), "a: must go"),
            (
                Rules::new().table("t", Rules::new().at_least("a", 0, 1).check()),
                "t.a: must be at least 1",
            ),
        ];
        for (rules, expected) in table {
            assert_eq!(said(rules), expected);
        }
    }
}
