//! A crate's files, and the paths that stand in their code.

use crate::houses::House;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A module, as the names that lead to it from the crate's root.
pub type Module = Vec<String>;

/// A source file, ready to be asked for its paths.
pub struct File {
    /// Its path under the crate's `src`.
    pub name: String,
    pub module: Module,
    /// Its code without comments, texts and tests.
    pub code: String,
}

fn root() -> PathBuf {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR");
    folder.map_or_else(|| PathBuf::from("."), PathBuf::from)
}

pub fn sources(house: &House) -> Vec<File> {
    let src = root().join(house.folder).join("src");
    let mut files = vec![];
    walk(&src, &src, &mut files);
    assert!(
        files.len() > 20,
        "{} is not where it should be",
        src.display()
    );
    files
}

fn walk(src: &Path, folder: &Path, files: &mut Vec<File>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().unwrap() != "tests" {
                walk(src, &path, files);
            }
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && path.file_name().unwrap() != "tests.rs"
        {
            let name = path
                .strip_prefix(src)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            let module = module_of(&name);
            files.push(File {
                name,
                module,
                code: without_tests(&bare(&text)),
            });
        }
    }
}

fn module_of(name: &str) -> Module {
    let mut parts: Module = name
        .trim_end_matches(".rs")
        .split('/')
        .map(String::from)
        .collect();
    if matches!(
        parts.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        parts.pop();
    }
    parts
}

/// The code without comments and the contents of texts.
pub fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if first == '"' {
            let end = end_of_text(&rest[1..]);
            out.push_str("\"\"");
            rest = &rest[1 + end..];
        } else if rest.starts_with("r#\"") {
            let end = rest[3..].find("\"#").map_or(rest.len(), |at| at + 5);
            out.push_str("\"\"");
            rest = &rest[end..];
        } else if let Some(letter) = letter(rest) {
            out.push_str("' '");
            rest = &rest[letter..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How many bytes there are up to the quote that ends a text, which is included.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// How long the letter literal is that begins here, if one does.
fn letter(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let end = match inner.chars().next()? {
        '\\' => 2 + inner.get(2..)?.find('\'')?,
        one => one.len_utf8(),
    };
    inner.get(end..)?.starts_with('\'').then_some(end + 2)
}

/// The code without the items that only tests have.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        rest = &rest[end_of_item(rest)..];
    }
    out + rest
}

fn end_of_item(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// A `use` or `pub use`: every path that it names, and under which name.
pub struct Use {
    pub is_public: bool,
    pub paths: Vec<(String, Vec<String>)>,
}

/// Takes the uses out of the code: them, and what is left.
pub fn uses(code: &str) -> (Vec<Use>, String) {
    let (mut found, mut left) = (vec![], String::new());
    for statement in code.split_inclusive(';') {
        let head = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].trim_end();
            let begins = before.is_empty()
                || before.ends_with(['}', ';', ']', ')', '{'])
                || before.ends_with("pub");
            begins
                && statement[..*at]
                    .chars()
                    .next_back()
                    .is_none_or(|last| !last.is_alphanumeric() && last != '_')
        });
        match head {
            Some(at) => {
                let before = statement[..at].trim_end();
                let is_public =
                    before.ends_with("pub") || before.ends_with(')') && before.contains("pub(");
                let mut paths = vec![];
                expand(
                    &[],
                    statement[at + 4..].trim_end_matches(';').trim(),
                    &mut paths,
                );
                found.push(Use { is_public, paths });
                left.push_str(before);
                left.push(';');
            }
            None => left.push_str(statement),
        }
    }
    (found, left)
}

/// Spells a use's tree out: a name and its whole path for each leaf.
fn expand(before: &[String], tree: &str, paths: &mut Vec<(String, Vec<String>)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let mut prefix = before.to_vec();
        prefix.extend(
            tree[..open]
                .split("::")
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(String::from),
        );
        let inner = tree[open + 1..].trim_end().trim_end_matches('}');
        let inner = if tree.trim_end().ends_with('}') {
            &tree[open + 1..tree.trim_end().len() - 1]
        } else {
            inner
        };
        branches(inner)
            .into_iter()
            .for_each(|branch| expand(&prefix, branch, paths));
    } else if !tree.is_empty() {
        let (path, name) = tree
            .split_once(" as ")
            .map_or((tree, None), |(path, name)| (path, Some(name.trim())));
        let mut whole = before.to_vec();
        whole.extend(
            path.split("::")
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty()),
        );
        if whole.last().is_some_and(|last| last == "self") {
            whole.pop();
        }
        let name = name.map_or_else(|| whole.last().cloned().unwrap_or_default(), String::from);
        paths.push((name, whole));
    }
}

/// The branches of a tree, apart at the commas outside of braces.
fn branches(inner: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, vec![]);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    parts
}

/// The code without the paths that only say who may see an item: `pub(in path)`.
fn without_visibilities(code: &str) -> String {
    const MARK: &str = "pub(in ";
    let mut parts = code.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        out + part.split_once(')').map_or("", |(_, rest)| rest)
    })
}

/// Every path in the code that begins with `crate`, `self` or `super`.
pub fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let code = without_visibilities(code);
    let words = code.split(|letter: char| !is_part(letter));
    let paths = words.filter(|word| {
        ["crate::", "self::", "super::"]
            .iter()
            .any(|head| word.starts_with(head))
    });
    paths
        .map(|path| {
            path.split("::")
                .filter(|part| !part.is_empty())
                .map(String::from)
                .collect()
        })
        .collect()
}
