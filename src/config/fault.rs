//! The errors of a configuration. Each names the key, the source of its value, and what is wrong.

use super::Origin;
use std::{fmt, io, path::PathBuf};

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug)]
pub struct ConfigRefused(pub Vec<ConfigFault>);

/// One thing that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file can't be read.
    #[error("cannot read the configuration file {path}: {cause}", path = path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The file is not valid TOML.
    #[error("{path} is not valid TOML: {detail}", path = path.display())]
    Malformed {
        /// The path of the file.
        path: PathBuf,
        /// The line and the reason.
        detail: String,
    },
    /// The argument of `--set` has no `=` or no key.
    #[error("--set {text}: must be KEY=VALUE, for example --set policy.delivery_fee_cents=450")]
    NoAssignment {
        /// What was given to `--set`, unchanged.
        text: String,
    },
    /// The key does not exist.
    #[error("unknown key {key} ({origin}){}", suggestion(nearest.as_deref()))]
    UnknownKey {
        /// The full key.
        key: String,
        /// The source that contains it.
        origin: Origin,
        /// The known key that was most likely meant.
        nearest: Option<String>,
    },
    /// The value has the wrong type.
    #[error("{key} ({origin}): {detail}")]
    WrongType {
        /// The full key.
        key: String,
        /// The source of the value.
        origin: Origin,
        /// What was found, and what is expected.
        detail: String,
    },
    /// The value breaks a rule.
    #[error("{key} = {value} ({origin}): {rule}")]
    BrokenRule {
        /// The full key.
        key: String,
        /// The value as TOML, with a placeholder for a secret.
        value: String,
        /// The source of the value.
        origin: Origin,
        /// The rule, as the end of a sentence.
        rule: String,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest
        .map(|key| format!("; did you mean {key}?"))
        .unwrap_or_default()
}

impl From<ConfigFault> for ConfigRefused {
    fn from(fault: ConfigFault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for ConfigRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the configuration cannot be used")?;
        self.0
            .iter()
            .try_for_each(|fault| write!(formatter, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigRefused {}
