//! What each key means, taken from the documentation comments of the section's type, so that it is said once.
//!
//! Invariant: every key of a default configuration has a meaning; a test holds it.

use std::collections::BTreeMap;

/// Meanings by full key.
#[derive(Debug)]
pub(super) struct Meanings(BTreeMap<String, String>);

impl Meanings {
    /// Starts with the meaning of one key.
    pub fn of_key(key: &str, meaning: &str) -> Self {
        Self(BTreeMap::from([(key.into(), meaning.into())]))
    }

    /// Adds the commented public fields of that struct of a Rust source, under the table's name.
    pub fn read(&mut self, table: &str, kind: &str, source: &str) {
        let opening = format!("pub struct {kind} {{");
        let lines = source.lines().skip_while(|line| *line != opening).skip(1);
        let mut comment: Vec<&str> = Vec::new();
        for line in lines.take_while(|line| *line != "}").map(str::trim) {
            if let Some(text) = line.strip_prefix("///") {
                comment.push(text.trim());
            } else if let Some(name) = field(line) {
                let meaning = comment.join(" ").replace('`', "");
                self.0.insert(format!("{table}.{name}"), meaning);
                comment.clear();
            }
        }
    }

    /// The meaning of a full key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

fn field(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("pub ")?.split_once(": ")?;
    name.bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_the_comment_above_it() {
        let mut meanings = Meanings::of_key("data", "Folder.");
        let source = "pub struct Other {\n    /// Another.\n    pub a: u8,\n}\n\n/// Of the struct.\npub struct Part {\n    \
                      /// First `a`,\n    /// then more.\n    #[x]\n    pub a: u8,\n    pub b: u8,\n}\n";
        meanings.read("part", "Part", source);
        assert_eq!(meanings.get("part.a"), Some("First a, then more."));
        assert_eq!(meanings.get("part.b"), Some(""));
        assert_eq!(meanings.get("data"), Some("Folder."));
    }
}
