//! The error of the client and its users: an answer or a state that is not as specified.

use std::panic::Location;

/// A difference between the specification and what a server did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}; found {found}", prefix(step.as_deref()))]
pub struct Deviation {
    /// The step of the walkthrough in which it was found; `None` until [`Self::at`] names it.
    pub step: Option<String>,
    /// What was expected, as a noun phrase: "the status to be accepted".
    pub expected: String,
    /// What was found instead.
    pub found: String,
    /// The line of code that expected it.
    pub place: &'static Location<'static>,
}

fn prefix(step: Option<&str>) -> String {
    step.map(|step| format!("at \"{step}\": "))
        .unwrap_or_default()
}

impl Deviation {
    /// A deviation whose step is not known yet, at the caller's line of code.
    #[must_use]
    #[track_caller]
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            step: None,
            expected: expected.into(),
            found: found.into(),
            place: Location::caller(),
        }
    }

    /// Sets the step, unless it is already set.
    #[must_use]
    pub fn at(self, step: &str) -> Self {
        Self {
            step: self.step.or_else(|| Some(step.into())),
            ..self
        }
    }
}

/// Checks that `found` equals `expected`; `what` names the two in the deviation.
///
/// # Errors
/// A [`Deviation`] if they differ.
#[track_caller]
pub fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), Deviation> {
    holds(
        found == expected,
        || format!("{what} to be {expected:?}"),
        || format!("{found:?}"),
    )
}

/// Checks a condition; the two texts are made only if it does not hold.
///
/// # Errors
/// A [`Deviation`] of the two texts if it does not hold.
#[track_caller]
pub fn holds(
    condition: bool,
    expected: impl FnOnce() -> String,
    found: impl FnOnce() -> String,
) -> Result<(), Deviation> {
    if condition {
        Ok(())
    } else {
        Err(Deviation::new(expected(), found()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deviation_names_step_expectation_and_finding() {
        let deviation = same("the status", "pending", "accepted")
            .map_err(|deviation| deviation.at("Ben accepts").at("later"));
        let text = deviation.map_err(|deviation| deviation.to_string());
        assert_eq!(
            text,
            Err(
                "at \"Ben accepts\": expected the status to be \"accepted\"; found \"pending\""
                    .into()
            )
        );
    }
}
