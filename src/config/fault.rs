//! Why a configuration is refused: each fault names the key, where its value comes from, and what is wrong.

use super::Origin;
use std::{fmt, io, path::PathBuf};

/// All that is wrong with a configuration; never empty.
#[derive(Debug)]
pub struct ConfigRefused(pub Vec<ConfigFault>);

/// One thing that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file is no TOML.
    #[error("{path} is not valid TOML: {detail}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        detail: String,
    },
    /// A flag `--set` without `=` or without a key.
    #[error("--set {text}: must be KEY=VALUE, for example --set policy.delivery_fee_cents=450")]
    NoAssignment {
        /// The flag's value.
        text: String,
    },
    /// There is no such key.
    #[error("unknown key {key} ({origin}){}", suggestion(nearest.as_deref()))]
    UnknownKey {
        /// Full key.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// The known key that was most likely meant.
        nearest: Option<String>,
    },
    /// The value is of another type than the key's.
    #[error("{key} ({origin}): {detail}")]
    WrongType {
        /// Full key.
        key: String,
        /// Where the value comes from.
        origin: Origin,
        /// What was found, and what is expected.
        detail: String,
    },
    /// The value breaks a rule.
    #[error("{key} = {value} ({origin}): {rule}")]
    BrokenRule {
        /// Full key.
        key: String,
        /// The value as TOML; secrets are left out.
        value: String,
        /// Where the value comes from.
        origin: Origin,
        /// The rule.
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
