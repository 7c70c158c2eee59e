//! Something that is not as specified: what was expected, and what was found instead.

use std::panic::Location;

/// A difference between what is specified and what a server does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}; found {found}", prefix(step.as_deref()))]
pub struct Deviation {
    /// The step of the story in which it showed.
    pub step: Option<String>,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub found: String,
    /// Where in the code it was expected.
    pub place: &'static Location<'static>,
}

fn prefix(step: Option<&str>) -> String {
    step.map(|step| format!("at \"{step}\": "))
        .unwrap_or_default()
}

impl Deviation {
    /// A difference, its step not known yet.
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

    /// Names the step, unless it has a name.
    #[must_use]
    pub fn at(self, step: &str) -> Self {
        Self {
            step: self.step.or_else(|| Some(step.into())),
            ..self
        }
    }
}

/// Compares what was found with what is specified.
///
/// # Errors
/// A [`Deviation`] that names `what`, where the two differ.
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

/// Asks for a condition.
///
/// # Errors
/// A [`Deviation`] of the two texts, where it does not hold.
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
