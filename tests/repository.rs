//! The rules of the house that no compiler holds: which crate may know which, what the domain may not contain, which
//! attributes a record may not have, and how a file of this repository looks.
//!
//! Reads the repository's own files and nothing else. A broken rule prints every place that breaks it.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Longest source file, in lines; the aim is 400.
const LONGEST_FILE: usize = 600;

/// Most lines of a function, from its name to its brace; the aim is 25. One `match` in its body does not count: a table
/// is as long as what it lists.
const LONGEST_FUNCTION: usize = 70;

/// Functions that may be longer: they list what there is once, in one place.
const LISTS: [&str; 3] = ["fn start", "fn table", "fn believable"];

/// A crate: its folder, which of the others it may depend on, and which its tests may know beside them.
///
/// The product knows nothing of its rehearsal, but for the binary, which composes the sandbox and has its commands.
const CRATES: [(&str, &[&str], &[&str]); 10] = [
    ("domain", &[], &[]),
    ("storage", &["campusg-domain"], &["campusg-simulation"]),
    (
        "actors",
        &["campusg-domain", "campusg-storage"],
        &["campusg-sandbox", "campusg-simulation"],
    ),
    ("http", &["campusg-domain", "campusg-actors"], &[]),
    ("rehearsal/bank", &["campusg-domain"], &[]),
    ("rehearsal/client", &["campusg-domain"], &[]),
    (
        "rehearsal/robots",
        &[
            "campusg-client",
            "campusg-domain",
            "campusg-simulation",
            "campusg-storage",
        ],
        &[],
    ),
    (
        "rehearsal/sandbox",
        &["campusg-bank", "campusg-domain"],
        &[],
    ),
    (
        "rehearsal/simulation",
        &["campusg-bank", "campusg-domain"],
        &[],
    ),
    (
        ".",
        &[
            "campusg-domain",
            "campusg-storage",
            "campusg-actors",
            "campusg-http",
            "campusg-client",
            "campusg-robots",
            "campusg-sandbox",
        ],
        &["campusg-simulation"],
    ),
];

/// Dependencies that only some folders may name, in any of their tables.
const CONFINED: [(&str, &[&str]); 11] = [
    ("sled", &["storage"]),
    ("actix", &["actors", "."]),
    ("actix-rt", &["actors", "."]),
    ("axum", &["http", "."]),
    ("tower-http", &["http", "."]),
    ("utoipa", &["http"]),
    ("jsonschema", &["http"]),
    ("clap", &["."]),
    ("reqwest", &[".", "rehearsal/client", "rehearsal/robots"]),
    ("figment", &["."]),
    ("indicatif", &["."]),
];

/// All that the domain may depend on: no runtime, no clock, no randomness, no I/O.
const DOMAIN_DEPENDENCIES: [&str; 8] = [
    "blake3",
    "documented",
    "iso_currency",
    "serde",
    "thiserror",
    "unicode-normalization",
    "unicode-properties",
    "uuid",
];

/// What tells the time, and the only sources that may say it: whatever compares times in a server asks the runtime's one
/// clock. The edge's instants measure spans that nobody keeps.
const CLOCKS: [(&str, &[&str]); 4] = [
    (
        "SystemClock::new",
        &[
            "actors/src/port/clock.rs",
            "src/cli/operator.rs",
            "src/cli/sandbox_gateway.rs",
            "src/cli/simulate.rs",
            "src/compose.rs",
        ],
    ),
    (
        ".outside()",
        &[
            "actors/src/port/clock.rs",
            "actors/src/port/clock/steady.rs",
            "actors/src/runtime/gateway.rs",
        ],
    ),
    (
        "modified(",
        &["storage/src/photo.rs", "storage/src/photo/sweep.rs"],
    ),
    ("Instant", &["http/src/", "actors/src/port/clock.rs"]),
];

/// What the domain's sources may not say.
const NOT_IN_DOMAIN: [&str; 16] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::process",
    "std::io",
    "SystemTime",
    "Instant::now",
    "rand::",
    "getrandom",
    "tokio",
    "async fn",
    "async move",
    "println!",
    "new_v4",
    "now_v7",
];

// ---------------------------------------------------------------------------------------------- the repository's files

/// A file of the repository: its path under the root, with `/`, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is built into a product, that is, stands in a crate's `src`.
    fn is_shipped(&self) -> bool {
        self.is_rust() && self.path.split('/').any(|part| part == "src")
    }

    /// Every place of the code that contains one of the texts.
    fn places(&self, texts: &[&str]) -> Vec<String> {
        let found = |line: &str| texts.iter().find(|text| line.contains(**text)).copied();
        let place =
            |(number, line)| found(line).map(|text| format!("{}:{number}: {text}", self.path));
        self.code().filter_map(place).collect()
    }
}

fn root() -> PathBuf {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR");
    folder.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// Every text file but what is built, recorded by git, or stored by a running server.
fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    assert!(
        files.iter().filter(|file| file.is_rust()).count() > 50,
        "the repository is not where it should be"
    );
    files
}

fn walk(folder: &Path, prefix: &str, into: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if ["target", ".git", "data"].contains(&path.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), into);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            into.push(File { path, text });
        }
    }
}

fn manifest(folder: &str) -> Table {
    fs::read_to_string(root().join(folder).join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap()
}

/// Every dependency of a manifest, in any table, with the table it stands in.
fn dependencies(manifest: &Table) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (name, value) in manifest {
        match value {
            Value::Table(table) if name.ends_with("dependencies") => {
                found.extend(
                    table
                        .iter()
                        .map(|(crate_name, spec)| (name.clone(), crate_name.clone(), spec.clone())),
                );
            }
            Value::Table(table) if name == "target" => {
                found.extend(
                    table
                        .values()
                        .filter_map(Value::as_table)
                        .flat_map(dependencies),
                );
            }
            _ => {}
        }
    }
    found
}

fn none(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

// ------------------------------------------------------------------------------------------------------------- crates

#[test]
fn crates_know_only_the_crates_below_them() {
    let mut broken = Vec::new();
    for (folder, allowed, in_tests) in CRATES {
        for (table, name, _) in dependencies(&manifest(folder)) {
            let may = allowed.contains(&name.as_str())
                || (table == "dev-dependencies" && in_tests.contains(&name.as_str()));
            if name.starts_with("campusg") && !may {
                broken.push(format!("{folder}/Cargo.toml [{table}]: {name}"));
            }
        }
    }
    none(
        "src → http → actors → storage → domain, and each may use domain",
        broken,
    );
}

/// Cargo lets tests of a crate use a crate that uses it; then there are two of it, whose types are different.
#[test]
fn no_crate_depends_on_itself_through_its_tests() {
    let name = |folder: &str| {
        manifest(folder)["package"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let knows: Vec<(String, Vec<String>)> = CRATES
        .iter()
        .map(|(folder, ..)| {
            let known = dependencies(&manifest(folder)).into_iter();
            (name(folder), known.map(|(_, known, _)| known).collect())
        })
        .collect();
    let mut broken = Vec::new();
    for (start, _) in &knows {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(next) = open.pop() {
            let known = knows.iter().find(|(name, _)| *name == next);
            for known in known.into_iter().flat_map(|(_, known)| known) {
                if reached.insert(known.clone()) {
                    open.push(known.clone());
                }
            }
        }
        if reached.contains(start) {
            broken.push(start.clone());
        }
    }
    none("a crate that reaches itself", broken);
}

#[test]
fn libraries_stay_in_the_crates_that_own_them() {
    let mut broken = Vec::new();
    for (folder, ..) in CRATES {
        for (table, name, _) in dependencies(&manifest(folder)) {
            let owners = CONFINED
                .iter()
                .find(|(confined, _)| *confined == name)
                .map(|(_, owners)| owners);
            if owners.is_some_and(|owners| !owners.contains(&folder)) {
                broken.push(format!("{folder}/Cargo.toml [{table}]: {name}"));
            }
        }
    }
    none(
        "sled only in storage, actix only in actors and the root, axum only in http and the root, documents only in http",
        broken,
    );
}

#[test]
fn every_member_is_known_here_and_takes_the_workspace_lints() {
    let root = manifest(".");
    let members: BTreeSet<&str> = root["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    let known: BTreeSet<&str> = CRATES
        .iter()
        .map(|(folder, ..)| *folder)
        .filter(|folder| *folder != ".")
        .collect();
    assert_eq!(
        members, known,
        "a new crate takes its place in the arrows above"
    );
    for (folder, ..) in CRATES {
        let lints = manifest(folder)
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(Value::as_bool);
        assert_eq!(lints, Some(true), "{folder}/Cargo.toml");
    }
}

#[test]
fn versions_stand_in_the_root_only() {
    let mut broken = Vec::new();
    for (folder, ..) in CRATES {
        for (table, name, spec) in dependencies(&manifest(folder)) {
            if spec.get("workspace").and_then(Value::as_bool) != Some(true) {
                broken.push(format!("{folder}/Cargo.toml [{table}]: {name}"));
            }
        }
    }
    none("dependencies are written `name.workspace = true`", broken);
}

#[test]
fn panics_unwind_in_the_release() {
    let root = manifest(".");
    assert_eq!(
        root["profile"]["release"]["panic"].as_str(),
        Some("unwind"),
        "a dead task is how a panic is noticed"
    );
}

// ------------------------------------------------------------------------------------------------------------- domain

#[test]
fn the_domain_depends_on_nothing_that_acts() {
    let own = dependencies(&manifest("domain"))
        .into_iter()
        .filter(|(table, ..)| table != "dev-dependencies");
    let broken = own.filter(|(_, name, _)| !DOMAIN_DEPENDENCIES.contains(&name.as_str()));
    none(
        "the domain depends on nothing but its allow-list",
        broken.map(|(_, name, _)| name).collect(),
    );
}

#[test]
fn no_crate_lets_uuid_make_ids() {
    let mut broken = Vec::new();
    let root = manifest(".");
    let workspace = root["workspace"].as_table().unwrap();
    assert_eq!(
        workspace["dependencies"]["uuid"]["default-features"].as_bool(),
        Some(false)
    );
    let manifests = CRATES
        .iter()
        .map(|(folder, ..)| manifest(folder))
        .chain([workspace.clone()]);
    for (_, _, spec) in manifests
        .flat_map(|manifest| dependencies(&manifest))
        .filter(|(_, name, _)| name == "uuid")
    {
        let features = spec
            .get("features")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let other = features
            .into_iter()
            .filter(|feature| !["std", "serde"].contains(&feature.as_str().unwrap()));
        broken.extend(other.map(|feature| feature.to_string()));
    }
    none(
        "ids are made by the Entropy port, so uuid has no feature of its own for it",
        broken,
    );
}

#[test]
fn b2_b4_one_clock_tells_the_time() {
    let files = files();
    let mut broken = vec![];
    for (text, may) in CLOCKS {
        let others = files.iter().filter(|file| {
            file.is_shipped() && !may.iter().any(|path| file.path.starts_with(path))
        });
        broken.extend(others.flat_map(|file| file.places(&[text])));
    }
    none("times are compared by the runtime's one clock", broken);
}

#[test]
fn the_domain_has_no_runtime_clock_randomness_or_io() {
    let files = files();
    let domain = files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with("domain/src/"));
    none(
        "time, ids and chance come in as arguments",
        domain
            .flat_map(|file| file.places(&NOT_IN_DOMAIN))
            .collect(),
    );
}

// ------------------------------------------------------------------------------------------------------------ records

#[test]
fn records_are_written_as_they_are_declared() {
    let files = files();
    let exempt = |file: &File| {
        ["policy.rs", "config.rs"]
            .iter()
            .any(|name| file.path.ends_with(name))
    };
    let of_records = |file: &&File| {
        file.path.starts_with("domain/src/") || file.path.starts_with("storage/src/")
    };
    let broken = files
        .iter()
        .filter(of_records)
        .filter(|file| file.is_rust() && !exempt(file))
        .flat_map(refused_attributes);
    none(
        "a record's bytes name no field: serde must neither leave out, merge nor guess",
        broken.collect(),
    );
}

/// The places of `serde(...)` attributes that say skip, flatten, default or untagged.
fn refused_attributes(file: &File) -> Vec<String> {
    let code: Vec<(usize, &str)> = file.code().collect();
    let mut broken = Vec::new();
    for (index, (number, line)) in code.iter().enumerate() {
        let Some(at) = line.find("serde(") else {
            continue;
        };
        let rest: String = std::iter::once(&line[at + "serde(".len()..])
            .chain(code[index + 1..].iter().map(|(_, line)| *line))
            .collect();
        let inside = rest.split(")]").next().unwrap_or_default();
        let words = inside.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
        let refused = |word: &&str| {
            word.starts_with("skip") || ["flatten", "default", "untagged"].contains(word)
        };
        broken.extend(
            words
                .filter(refused)
                .map(|word| format!("{}:{number}: {word}", file.path)),
        );
    }
    broken
}

// ------------------------------------------------------------------------------------------------------------ sources

#[test]
fn source_files_are_short() {
    let broken = files()
        .into_iter()
        .filter(File::is_shipped)
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", file.path))
        });
    none(
        "a file holds at most 600 lines; split it by noun",
        broken.collect(),
    );
}

#[test]
fn functions_are_short_but_for_a_match() {
    let files = files();
    let shipped = files
        .iter()
        .filter(|file| file.is_shipped() && !file.path.contains("tests"));
    let broken = shipped.flat_map(|file| {
        let long = functions(&file.text).into_iter().filter(|function| {
            function.counted > LONGEST_FUNCTION && !LISTS.contains(&function.name.as_str())
        });
        long.map(|function| {
            format!(
                "{}: {} has {} lines",
                file.path, function.name, function.counted
            )
        })
    });
    none(
        "a function has at most 70 lines, a match in its body not counted",
        broken.collect(),
    );
}

#[test]
fn of_a_function_its_match_does_not_count() {
    let source = "impl A {\n    pub(super) fn a(\n        b: u8,\n    ) -> u8 {\n        use b::C;\n        match b {\n            \
                  1 => {\n                2\n            }\n        }\n    }\n\n    fn short() {}\n    fn declared(\n        a: u8,\n    );\n}\n\nfn c() {\n    if d {\n        \
                  match e {\n        }\n    }\n}\n#[cfg(test)]\nmod tests {\n    fn f() {\n    }\n}\n";
    let counted: Vec<(String, usize)> = functions(source)
        .into_iter()
        .map(|function| (function.name, function.counted))
        .collect();
    let expected = [("fn a", 5), ("fn c", 6)].map(|(name, lines)| (name.to_owned(), lines));
    assert_eq!(counted, expected);
}

/// A function of more than one line.
struct Function {
    name: String,
    counted: usize,
}

/// The functions of a source as rustfmt lays it out, up to its tests; those within others count with them.
fn functions(source: &str) -> Vec<Function> {
    let product = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines: Vec<&str> = product.lines().collect();
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{:indent$}}}", "");
        let whole = &lines[index..];
        // A declaration without a body ends in a semicolon, a short function on its own line.
        let head = whole.iter().find(|line| line.ends_with(['{', ';', '}']));
        let is_one = head.is_some_and(|line| line.ends_with('{'));
        let end = whole.iter().position(|line| **line == closing);
        let (Some(name), Some(end), true) = (name_of(line), end, is_one) else {
            index += 1;
            continue;
        };
        let body = &whole[..=end];
        found.push(Function {
            name,
            counted: body.len() - lines_of_matches(body, indent + 4),
        });
        index += end + 1;
    }
    found
}

/// `fn` and the name, where a function begins.
fn name_of(line: &str) -> Option<String> {
    let (before, rest) = line.trim_start().split_once("fn ")?;
    let qualifiers = before
        .split_whitespace()
        .all(|word| word.starts_with("pub") || ["const", "async", "unsafe"].contains(&word));
    let end = rest.find(['(', '<'])?;
    qualifiers.then(|| format!("fn {}", &rest[..end]))
}

/// How many lines the matches take that stand in a body itself.
fn lines_of_matches(body: &[&str], indent: usize) -> usize {
    let closing = format!("{:indent$}}}", "");
    // Of the body itself: what is returned, what a name or a closure stands for.
    let begins = body.iter().enumerate().filter(|(_, line)| {
        let (blanks, rest) = line.split_at(line.len() - line.trim_start().len());
        blanks.len() == indent && format!(" {rest}").contains(" match ") && rest.ends_with('{')
    });
    let lengths = begins.filter_map(|(begin, _)| {
        let end = body[begin..]
            .iter()
            .position(|line| line.starts_with(&closing))?;
        Some(end + 1)
    });
    lengths.sum()
}

#[test]
fn source_files_say_first_what_they_own() {
    let broken = files()
        .into_iter()
        .filter(|file| file.is_rust() && !file.text.starts_with("//! "));
    none(
        "a source file starts with //!",
        broken.map(|file| file.path).collect(),
    );
}

#[test]
fn source_files_are_named_for_what_they_hold() {
    let vague = ["util", "utils", "helper", "helpers", "misc", "stuff"];
    let is_vague = |path: &str| path.split(['/', '.']).any(|part| vague.contains(&part));
    let broken = files()
        .into_iter()
        .filter(|file| file.is_rust() && is_vague(&file.path));
    none(
        "a name that fits everything says nothing",
        broken.map(|file| file.path).collect(),
    );
}

#[test]
fn only_the_output_module_prints() {
    let printing = [
        "io::stdout",
        "io::stderr",
        "print!(",
        "println!(",
        "Term::",
        "ProgressBar::",
    ];
    // Two draw on the terminal: a bar, and the question for a password. The last is a test that prints what it measured.
    let may = [
        "src/output.rs",
        "src/cli/progress.rs",
        "src/cli/operator.rs",
        "http/src/call/peak.rs",
    ];
    let files = files();
    let others = files
        .iter()
        .filter(|file| file.is_shipped() && !may.contains(&file.path.as_str()));
    none(
        "what the command prints goes through src/output.rs",
        others.flat_map(|file| file.places(&printing)).collect(),
    );
}

#[test]
fn an_orders_mailbox_stays_closed() {
    let interleaving = ["ctx.spawn(", "ctx.notify(", "ResponseActFuture"];
    let files = files();
    let order = files
        .iter()
        .filter(|file| file.path.starts_with("actors/src/shell/order/"));
    none(
        "an order waits with ctx.wait and nothing else",
        order.flat_map(|file| file.places(&interleaving)).collect(),
    );
}

#[test]
fn every_ignored_test_says_why() {
    let files = files();
    let rust = files
        .iter()
        .filter(|file| file.is_rust() && file.path != "tests/repository.rs");
    none(
        "write #[ignore = \"reason and command\"]",
        rust.flat_map(|file| file.places(&["#[ignore]"])).collect(),
    );
}

#[test]
fn every_transition_of_the_lifecycle_has_a_test_named_after_it() {
    let files = files();
    let page = files
        .iter()
        .find(|file| file.path == "docs/lifecycle.md")
        .unwrap();
    let (_, table) = page.text.split_once("| # | from → to |").unwrap();
    let rows: BTreeSet<String> = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .filter(|row| row.starts_with(|first: char| first.is_ascii_digit()))
        .map(|row| format!("{row:0>width$}", width = 2 + row.len() - digits(row)))
        .collect();
    let names = files
        .iter()
        .filter(|file| file.path.starts_with("rehearsal/simulation/tests/"));
    let tested: BTreeSet<String> = names
        .flat_map(|file| tested_transitions(&file.text))
        .collect();
    assert_eq!(rows.len(), 46, "the rows of the lifecycle: {rows:?}");
    none(
        "a row without a test",
        rows.difference(&tested).cloned().collect(),
    );
    none(
        "a test of no row",
        tested.difference(&rows).cloned().collect(),
    );
}

fn digits(row: &str) -> usize {
    row.chars().take_while(char::is_ascii_digit).count()
}

/// The rows in the names of a file's tests: `transition_01_…`, `transitions_03_04_06_…`, `transitions_10_and_11_…`.
fn tested_transitions(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix("fn transition")?;
        name.trim_start_matches('s').strip_prefix('_')
    });
    let parts = names.flat_map(|name| {
        let parts = name.split(['_', '(']);
        parts.take_while(|part| *part == "and" || digits(part) == 2)
    });
    parts
        .filter(|part| *part != "and")
        .map(Into::into)
        .collect()
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    none("finish it or leave it out", places_in_text(&marks));
}

#[test]
fn nothing_names_one_machine() {
    let folders = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
    ];
    let registries = [
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("pypi.", "org"),
        concat!("npm", "js.org"),
        concat!("arti", "factory"),
        concat!("replace", "-with"),
    ];
    let all: Vec<&str> = folders.into_iter().chain(registries).collect();
    none(
        "no path of one machine, no address of a registry",
        places_in_text(&all),
    );
}

#[test]
fn every_locked_package_is_from_the_public_registry() {
    let lock: Table = fs::read_to_string(root().join("Cargo.lock"))
        .unwrap()
        .parse()
        .unwrap();
    let expected = "registry+https://github.com/rust-lang/crates.io-index";
    let sources = lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|package| package.get("source"));
    let other = sources
        .filter_map(Value::as_str)
        .filter(|source| *source != expected);
    none(
        "a source other than the registry",
        other.map(Into::into).collect(),
    );
}

/// Every place of any text file, comments included, that contains one of the texts.
fn places_in_text(texts: &[&str]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files() {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(text) = texts.iter().find(|text| line.contains(**text)) {
                broken.push(format!("{}:{}: {text}", file.path, index + 1));
            }
        }
    }
    broken
}
