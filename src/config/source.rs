//! The sources of values: flags and environment variables, and the origin of each value.
//!
//! Invariant: a value from a flag or a variable is text. It stays text if the key's default is text, so that a name
//! of digits is not read as a number; otherwise it is parsed as TOML.

use super::{ConfigFault, shape::Shape};
use clap::Args;
use figment::{
    Metadata, Profile, Provider, Source,
    util::nest,
    value::{Dict, Map, Value},
};
use std::{fmt, path::PathBuf};

/// The prefix of the environment variables that are read.
pub(super) const PREFIX: &str = "CAMPUSG_";
/// The variable that names the file, like `--config`; it is no key of the configuration.
pub(super) const CONFIG_VARIABLE: &str = "CAMPUSG_CONFIG";

/// The flags of every command that needs the configuration.
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

/// The source of a value, in printable form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub(super) String);

impl Origin {
    pub(super) fn of(metadata: Option<&Metadata>) -> Self {
        match metadata.map(|metadata| (metadata.source.as_ref(), &metadata.name)) {
            Some((Some(Source::File(path)), _)) => Self(format!("file {}", path.display())),
            Some((None, name)) => Self(name.to_string()),
            // Only the defaults are defined in the code.
            Some((Some(_), _)) | None => Self("default".into()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Returns the process's environment. Values that are not UTF-8 get replacement characters, which the key's rule
/// refuses.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// A key of the configuration that a flag or an environment variable sets.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub key: String,
    pub text: String,
    origin: String,
}

impl Assignment {
    /// Parses the text, unless the key's default is text.
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

/// One key with its value as a figment source of its own, so that its origin is exact.
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

/// Returns the assignments of the environment, sorted by variable, and the file that it names.
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

/// Returns the assignments of the flags, in order of rising precedence.
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
