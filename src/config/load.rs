//! Loads the configuration: merges the sources, checks the result, and records the origin of every value.
//!
//! The checks are in this order: the file, unknown keys (all of them), wrong types (the first), rules (the first per
//! section).

use super::{
    Config, ConfigFault, ConfigFlags, ConfigRefused, Effective, Origin,
    effective::{is_secret, written},
    nearest::nearest,
    shape::Shape,
    source::{Assignment, read_environment, read_flags},
};
use campusg_domain::settings::BrokenRule;
use figment::{
    Figment, Provider,
    error::Kind,
    providers::{Format, Serialized, Toml},
    value::{Dict, Value},
};
use std::path::PathBuf;

/// The configuration file that is read from the data folder.
const FILE_NAME: &str = "campusg.toml";

/// Loads the configuration from its sources.
///
/// # Errors
/// [`ConfigRefused`] with all faults of the first check that finds one, in the order above.
pub fn load(
    flags: &ConfigFlags,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Effective, ConfigRefused> {
    let known = Shape::of(&Config::default());
    let (mut assignments, named_by_variable) = read_environment(environment);
    assignments.extend(read_flags(flags)?);
    let named = flags.config.clone().or(named_by_variable);
    let found = if named.is_none() {
        file_in_data_folder(&assignments)
    } else {
        None
    };
    let data_may_be_moved = found.is_none();

    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = named.or(found) {
        figment = figment.merge(read_file(path)?);
    }
    for assignment in assignments {
        figment = figment.merge(assignment.typed(&known));
    }
    refuse_unknown_keys(&figment, &known)?;
    let config: Config = figment
        .extract()
        .map_err(|error| wrong_type(&figment, error))?;
    refuse_broken_rules(&figment, &config, data_may_be_moved)?;
    Ok(Effective::new(config, |key| origin_of(&figment, key)))
}

fn file_in_data_folder(assignments: &[Assignment]) -> Option<PathBuf> {
    let named = assignments
        .iter()
        .rfind(|assignment| assignment.key == "data");
    let folder = named.map_or_else(
        || Config::default().data,
        |assignment| PathBuf::from(&assignment.text),
    );
    Some(folder.join(FILE_NAME)).filter(|path| path.exists())
}

fn read_file(path: PathBuf) -> Result<impl Provider, ConfigFault> {
    if let Err(cause) = std::fs::read_to_string(&path) {
        return Err(ConfigFault::Unreadable { path, cause });
    }
    let file = Toml::file_exact(&path);
    match file.data() {
        Ok(_) => Ok(file),
        Err(error) => Err(ConfigFault::Malformed {
            path,
            detail: error.kind.to_string().trim_end().into(),
        }),
    }
}

fn refuse_unknown_keys(figment: &Figment, known: &Shape) -> Result<(), ConfigRefused> {
    // The merged values contain the defaults, so this can only fail for a wrong type, which a later check reports.
    let Ok(merged) = figment.extract::<Dict>() else {
        return Ok(());
    };
    let mut unknown = Vec::new();
    collect_unknown("", &merged, known, &mut unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    let leaves = known.leaves();
    let candidates = || {
        known
            .tables()
            .chain(leaves.iter().map(|(key, _)| key.as_str()))
    };
    Err(ConfigRefused(
        unknown
            .into_iter()
            .map(|key| ConfigFault::UnknownKey {
                origin: origin_of(figment, &key),
                nearest: nearest(&key, candidates()).map(Into::into),
                key,
            })
            .collect(),
    ))
}

fn collect_unknown(prefix: &str, dict: &Dict, known: &Shape, into: &mut Vec<String>) {
    for (name, value) in dict {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match (known.get(name), value) {
            (None, _) => into.push(key),
            (Some(shape @ Shape::Table(_)), Value::Dict(_, inner)) => {
                collect_unknown(&key, inner, shape, into)
            }
            // A table instead of a value, or the reverse, is reported as a wrong type.
            (Some(_), _) => {}
        }
    }
}

fn wrong_type(figment: &Figment, error: figment::Error) -> ConfigFault {
    let key = error.path.join(".");
    let detail = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) if is_secret(&key) => {
            format!("expected {}", in_words(expected))
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("found {found}, expected {}", in_words(expected))
        }
        Kind::UnknownVariant(found, expected) => {
            format!("found {found:?}, expected one of {}", expected.join(", "))
        }
        Kind::Message(text) if text.contains("socket address") => {
            "must be an address and a port, for example 127.0.0.1:8080".into()
        }
        other => other.to_string(),
    };
    ConfigFault::WrongType {
        origin: origin_of(figment, &key),
        key,
        detail,
    }
}

/// Describes a Rust type for somebody who writes a configuration file.
fn in_words(expected: &str) -> String {
    match expected {
        "u8" => format!("an integer from 0 to {}", u8::MAX),
        "u16" => format!("an integer from 0 to {}", u16::MAX),
        "u32" => format!("an integer from 0 to {}", u32::MAX),
        "u64" | "usize" => "an integer of 0 or more".into(),
        "i64" => "an integer".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => other.into(),
    }
}

fn refuse_broken_rules(
    figment: &Figment,
    config: &Config,
    data_may_be_moved: bool,
) -> Result<(), ConfigRefused> {
    let shape = Shape::of(config);
    let mut broken = config.broken_rules();
    let data_from_file = figment.find_metadata("data").is_some_and(|metadata| {
        metadata
            .source
            .as_ref()
            .is_some_and(|source| source.file_path().is_some())
    });
    if data_from_file && !data_may_be_moved {
        broken.push(BrokenRule::new(
            "data",
            "must not stand in the file that was found in the data folder",
        ));
    }
    if config.data.as_os_str().is_empty() {
        broken.push(BrokenRule::new("data", "must not be empty"));
    }
    if broken.is_empty() {
        return Ok(());
    }
    let fault = |BrokenRule { key, rule }| ConfigFault::BrokenRule {
        value: shape
            .value_at(&key)
            .map_or_else(|| "unset".into(), |value| written(&key, value)),
        origin: origin_of(figment, &key),
        key,
        rule,
    };
    Err(ConfigRefused(broken.into_iter().map(fault).collect()))
}

/// Returns the origin of a key; for an element of a list that of the list.
fn origin_of(figment: &Figment, key: &str) -> Origin {
    let holders = std::iter::successors(Some(key), |key| {
        key.rsplit_once('.').map(|(holder, _)| holder)
    });
    Origin::of(
        holders
            .into_iter()
            .find_map(|key| figment.find_metadata(key)),
    )
}
