//! Where values come from: the flags, the environment, and the origin that every value keeps.
//!
//! Invariant: a value from a flag or a variable is text; it stays text where the key's default is text, so that a
//! digits-only name is no number, and is read as TOML would read it everywhere else.

use super::{ConfigFault, shape::Shape};
use clap::Args;
use figment::{
    Metadata, Profile, Provider, Source,
    util::nest,
    value::{Dict, Map, Value},
};
use std::{fmt, path::PathBuf};

/// Prefix of the environment variables that are read.
pub(super) const PREFIX: &str = "CAMPUSG_";
/// Names the file, as `--config` does; no key of the configuration.
pub(super) const CONFIG_VARIABLE: &str = "CAMPUSG_CONFIG";

/// The flags that every command which needs the configuration takes.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigFlags {
    /// Configuration file [env: CAMPUSG_CONFIG] [default: campusg.toml in the data folder, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data folder [env: CAMPUSG_DATA] [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Address and port of the API [env: CAMPUSG_SERVER__LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Set any key, for example policy.delivery_fee_cents=450; may be repeated, the last one counts
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Where a value comes from, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub(super) String);

impl Origin {
    pub(super) fn of(metadata: Option<&Metadata>) -> Self {
        match metadata.map(|metadata| (metadata.source.as_ref(), &metadata.name)) {
            Some((Some(Source::File(path)), _)) => Self(format!("file {}", path.display())),
            Some((None, name)) => Self(name.to_string()),
            // The defaults are the one source that stands in the code.
            Some((Some(_), _)) | None => Self("default".into()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The process's variables; what is no UTF-8 is read with replacement characters, and refused by the key's rule.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// One key set by a flag or a variable.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub key: String,
    pub text: String,
    origin: String,
}

impl Assignment {
    /// The value as the key's default would have it read.
    pub fn typed(self, known: &Shape) -> TypedAssignment {
        let is_text = known
            .value_at(&self.key)
            .is_some_and(serde_json::Value::is_string);
        let parsed = || self.text.parse().expect("parsing a value cannot fail");
        let value: Value = if is_text {
            Value::from(self.text.as_str())
        } else {
            parsed()
        };
        TypedAssignment {
            key: self.key,
            value,
            origin: self.origin,
        }
    }
}

/// One key with its value, as a source of its own, so that its origin is exact.
pub(super) struct TypedAssignment {
    key: String,
    value: Value,
    origin: String,
}

impl Provider for TypedAssignment {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = nest(&self.key, self.value.clone());
        let dict = nested
            .into_dict()
            .ok_or_else(|| figment::Error::from("a key has a name".to_owned()))?;
        Ok(Profile::Default.collect(dict))
    }
}

/// The assignments of the environment, in the order of the variables' names, and the file it names.
pub(super) fn read_environment(
    environment: impl IntoIterator<Item = (String, String)>,
) -> (Vec<Assignment>, Option<PathBuf>) {
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.len() > PREFIX.len() && name.starts_with(PREFIX))
        .collect();
    variables.sort();
    let file = variables
        .iter()
        .find(|(name, _)| name == CONFIG_VARIABLE)
        .map(|(_, path)| PathBuf::from(path));
    let assignments = variables
        .into_iter()
        .filter(|(name, _)| name != CONFIG_VARIABLE)
        .map(|(name, text)| {
            let key = name[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
            Assignment {
                key,
                text,
                origin: format!("environment {name}"),
            }
        });
    (assignments.collect(), file)
}

/// The assignments of the flags, in rising order.
pub(super) fn read_flags(flags: &ConfigFlags) -> Result<Vec<Assignment>, ConfigFault> {
    let mut assignments = Vec::new();
    for text in &flags.set {
        let (key, value) = split_assignment(text)?;
        assignments.push(Assignment {
            key,
            text: value,
            origin: "flag --set".into(),
        });
    }
    for (key, flag, value) in [
        ("data", "--data", &flags.data),
        ("server.listen", "--listen", &flags.listen),
    ] {
        if let Some(text) = value {
            assignments.push(Assignment {
                key: key.into(),
                text: text.clone(),
                origin: format!("flag {flag}"),
            });
        }
    }
    Ok(assignments)
}

fn split_assignment(text: &str) -> Result<(String, String), ConfigFault> {
    match text
        .split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()))
    {
        Some((key, value)) if key.split('.').all(|part| !part.is_empty()) => {
            Ok((key.into(), value.into()))
        }
        _ => Err(ConfigFault::NoAssignment { text: text.into() }),
    }
}
