//! The sentences about each operation, from `operations.md`: a section per tag (`# user`, and what it is about), and in it
//! one per operation (`## user_register`), whose first paragraph is the summary and whose rest is the description.

use std::collections::BTreeMap;

const TEXT: &str = include_str!("operations.md");

/// What is said about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sentences {
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
}

/// Returns every tag with what is said about it, in the order of the text.
pub(super) fn tags() -> Vec<(&'static str, &'static str)> {
    sections("\n# ")
        .map(|(name, text)| (name, text.split("\n## ").next().unwrap_or_default().trim()))
        .collect()
}

/// Returns the sentences by operation.
pub(super) fn operations() -> BTreeMap<&'static str, Sentences> {
    let without_next_tag = |text: &'static str| text.split("\n# ").next().unwrap_or_default();
    let parts = sections("\n## ").map(|(name, text)| {
        let text = without_next_tag(text).trim();
        let (summary, description) = text.split_once("\n\n").unwrap_or((text, ""));
        let sentences = Sentences {
            summary,
            description: description.trim(),
        };
        (name, sentences)
    });
    parts.collect()
}

fn sections(heading: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let parts = TEXT.split(heading).skip(1);
    parts.map(|part| part.split_once('\n').unwrap_or((part, "")))
}
