//! The configuration as an ordered tree, which contains all known keys in the order of the structs.
//!
//! Invariant: every key is in the tree of the default configuration; an optional value that is unset is `null`.

use super::Config;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use std::fmt;

/// A node of the tree.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Shape {
    /// A section, with its entries in declared order.
    Table(Entries),
    /// Anything other than a table.
    Leaf(Value),
}

/// The entries of a table, in declared order.
#[derive(Clone, Debug)]
pub(super) struct Entries(pub Vec<(String, Shape)>);

impl Shape {
    /// Builds the tree of a configuration.
    pub fn of(config: &Config) -> Self {
        // Converted to text because that keeps the order of the fields; `serde_json::Value` would sort them.
        let text = serde_json::to_string(config)
            .expect("a configuration has text keys and finite numbers only");
        serde_json::from_str(&text).expect("what was just written is read again")
    }

    /// Returns the entry with this name, if this is a table that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Table(Entries(entries)) => entries
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, shape)| shape),
            Self::Leaf(_) => None,
        }
    }

    /// Returns the value at a dotted path.
    pub fn value_at(&self, path: &str) -> Option<&Value> {
        let shape = path
            .split('.')
            .try_fold(self, |shape, name| shape.get(name))?;
        if let Self::Leaf(value) = shape {
            Some(value)
        } else {
            None
        }
    }

    /// Returns every key with its value. A table's own values come before those of its tables.
    pub fn leaves(&self) -> Vec<(String, &Value)> {
        let mut leaves = Vec::new();
        self.collect("", &mut leaves);
        leaves
    }

    /// Returns the names of the top-level tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let entries: &[_] = if let Self::Table(Entries(entries)) = self {
            entries
        } else {
            &[]
        };
        entries
            .iter()
            .filter(|(_, shape)| matches!(shape, Self::Table(_)))
            .map(|(name, _)| name.as_str())
    }

    fn collect<'a>(&'a self, prefix: &str, into: &mut Vec<(String, &'a Value)>) {
        let Self::Table(Entries(entries)) = self else {
            return;
        };
        let full = |name: &str| {
            if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}.{name}")
            }
        };
        for (name, shape) in entries {
            if let Self::Leaf(value) = shape {
                into.push((full(name), value));
            }
        }
        for (name, shape) in entries {
            shape.collect(&full(name), into);
        }
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
