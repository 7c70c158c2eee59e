//! Finds the known key that a mistyped one most likely meant.

/// Returns the known key nearest to `unknown`, if it is near enough to be a typing error.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (unknown.chars().count() / 3).max(1);
    known
        .map(|key| (distance_between(unknown, key), key))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, key)| key)
}

/// Returns the distance of two keys. A missing or wrong section counts as one edit; dots and underscores are equal.
fn distance_between(unknown: &str, key: &str) -> usize {
    let flat = |text: &str| text.replace('.', "_");
    let whole = edits(&flat(unknown), &flat(key));
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
    whole.min(edits(&last(unknown), &last(key)) + 1)
}

/// Returns the Levenshtein distance: insertions, deletions and replacements of a character.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, have) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, want) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(have != *want);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = [
        "log.format",
        "policy.order_timeout_ms",
        "policy.retry_tries",
        "server.listen",
    ];

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", "abc"), 0);
    }

    #[test]
    fn slips_find_their_key() {
        for (unknown, key) in [
            ("policy.order_timeout", "policy.order_timeout_ms"),
            ("order_timeout_ms", "policy.order_timeout_ms"),
            ("log_format", "log.format"),
            ("server.lisen", "server.listen"),
        ] {
            assert_eq!(nearest(unknown, KNOWN.into_iter()), Some(key), "{unknown}");
        }
    }

    #[test]
    fn nonsense_finds_none() {
        let known = || KNOWN.into_iter().chain(["log"]);
        for unknown in ["policy.zebra_crossing", "foo"] {
            assert_eq!(nearest(unknown, known()), None, "{unknown}");
        }
        assert_eq!(nearest("lag", known()), Some("log"));
    }
}
