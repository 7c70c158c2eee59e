//! The effective configuration, and how it is printed.
//!
//! Invariant: the output of [`to_toml`](Effective::to_toml) is a file that loads to the same configuration, except
//! for secrets, which are never printed.

use super::{Config, Origin, shape::Shape};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The text that is printed instead of a secret.
const HIDDEN: &str = "(hidden)";

/// A configuration that keeps its rules, with the origin of each value.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The typed values.
    pub config: Config,
    settings: Vec<Setting>,
}

/// One key of the effective configuration.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The full key, such as `policy.order_timeout_ms`.
    pub key: String,
    /// The value; null if it is unset; a placeholder for a secret.
    pub value: Value,
    /// The source that has set it.
    pub origin: Origin,
}

impl Effective {
    pub(super) fn new(config: Config, origin_of: impl Fn(&str) -> Origin) -> Self {
        let shape = Shape::of(&config);
        let setting = |(key, value): (String, &Value)| Setting {
            origin: origin_of(&key),
            value: shown(&key, value),
            key,
        };
        let settings = shape.leaves().into_iter().map(setting).collect();
        Self { config, settings }
    }

    /// Returns every key, in the order of the sections and of their fields.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Returns the configuration as TOML, each value followed by its origin and, with `explain`, preceded by its
    /// meaning.
    #[must_use]
    pub fn to_toml(&self, explain: bool) -> String {
        let meanings = Config::meanings();
        let mut text = String::new();
        let mut table = "";
        for setting in &self.settings {
            let (of, name) = setting.key.rsplit_once('.').unwrap_or(("", &setting.key));
            if of != table {
                table = of;
                push(&mut text, format_args!("\n[{table}]\n"));
            }
            if let Some(meaning) = meanings.get(&setting.key).filter(|_| explain) {
                push(&mut text, format_args!("# {meaning}\n"));
            }
            let unset = if setting.value.is_null() || setting.value == HIDDEN {
                "# "
            } else {
                ""
            };
            push(
                &mut text,
                format_args!(
                    "{unset}{name} = {}  # {}\n",
                    as_toml(&setting.value),
                    setting.origin
                ),
            );
        }
        text
    }

    /// Returns the configuration as JSON: tables of keys, each an object with `value` and `origin`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut root = Map::new();
        for Setting { key, value, origin } in &self.settings {
            let leaf = json!({ "value": value, "origin": origin.to_string() });
            insert(&mut root, key, leaf);
        }
        serde_json::to_string_pretty(&root).expect("keys are text")
    }
}

fn insert(root: &mut Map<String, Value>, key: &str, leaf: Value) {
    match key.split_once('.') {
        None => drop(root.insert(key.into(), leaf)),
        Some((table, rest)) => {
            let inner = root.entry(table).or_insert_with(|| json!({}));
            insert(
                inner
                    .as_object_mut()
                    .expect("a table holds no value of its own"),
                rest,
                leaf,
            );
        }
    }
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing into memory cannot fail");
}

/// Whether a key's value is a secret, judged by the end of its name.
pub(super) fn is_secret(key: &str) -> bool {
    ["secret", "password", "token", "_key"]
        .iter()
        .any(|ending| key.ends_with(ending))
}

fn shown(key: &str, value: &Value) -> Value {
    if is_secret(key) && !value.is_null() {
        HIDDEN.into()
    } else {
        value.clone()
    }
}

/// Formats a value for a TOML file; a secret is replaced by a placeholder.
pub(super) fn written(key: &str, value: &Value) -> String {
    as_toml(&shown(key, value))
}

/// Formats a value as JSON, which is valid TOML for texts, numbers, booleans and arrays, except for one control
/// character.
fn as_toml(value: &Value) -> String {
    match value {
        Value::Null => "unset".into(),
        other => other.to_string().replace('\u{7f}', "\\u007f"),
    }
}
