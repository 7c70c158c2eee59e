//! No `match` of production code leaves a variant of these enums to a catch-all, at whatever depth of a pattern.
//!
//! `clippy::wildcard_enum_match_arm` sees a `_` that stands for an enum itself, and none inside a tuple, an `Option` or another
//! variant. This test reads the sources of the domain, the actors and the HTTP API: where one arm of a `match` names a variant
//! at some place of its pattern, no arm may have `_`, a name or `..` there, or around it. What only looks for something
//! (`matches!`, `if let`, `let … else`) is free.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Arm, Attribute, Expr, ExprMatch, File, ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemUse, Macro,
    Pat, PatStruct, Token, Type, UseTree,
    punctuated::Punctuated,
    visit::{self, Visit},
};

/// The enums whose new variants must not compile until every place says what they mean there.
const ENUMS: [&str; 18] = [
    "AfterEvent",
    "CallEvent",
    "CallKind",
    "CancelReason",
    "ContactEvent",
    "DisputeEvent",
    "EndEvent",
    "Event",
    "NoticeKind",
    "OperatorEvent",
    "PlacingEvent",
    "ProposalEvent",
    "RunEvent",
    "StoreEvent",
    "SystemEvent",
    "TimerEvent",
    "TimerKind",
    "UserEvent",
];

/// One step from a pattern to one inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Element of a tuple or a slice.
    Element(usize),
    /// Field of a struct or of a variant, by its path and its name or number.
    Field(String, String),
}

/// A place in the patterns of one `match`.
type Place = Vec<Step>;

/// What the names of a file stand for.
#[derive(Default)]
struct Names {
    /// A type's name here, and its own.
    types: BTreeMap<String, String>,
    /// A variant that is imported by itself, and its enum.
    variants: BTreeMap<String, String>,
}

impl Names {
    fn import(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.import(&path.tree, &before);
            }
            UseTree::Group(group) => group.items.iter().for_each(|one| self.import(one, before)),
            UseTree::Name(name) => {
                self.name(&name.ident.to_string(), before, &name.ident.to_string())
            }
            UseTree::Rename(name) => {
                self.name(&name.ident.to_string(), before, &name.rename.to_string())
            }
            UseTree::Glob(_) => {}
        }
    }

    fn name(&mut self, name: &str, before: &[String], here: &str) {
        match before.last().map(|last| self.own_name(last)) {
            Some(of) if ENUMS.contains(&of.as_str()) => {
                drop(self.variants.insert(here.to_owned(), of))
            }
            _ => drop(self.types.insert(here.to_owned(), name.to_owned())),
        }
    }

    fn own_name(&self, name: &str) -> String {
        self.types.get(name).map_or(name, String::as_str).to_owned()
    }

    /// The enum of [`ENUMS`] that a path names a variant of.
    fn of_variant(&self, path: &syn::Path, self_type: Option<&str>) -> Option<String> {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        let found = match names.as_slice() {
            [one] => self.variants.get(one).cloned()?,
            [.., of, _] if of == "Self" => self_type?.to_owned(),
            [.., of, _] => self.own_name(of),
            [] => return None,
        };
        ENUMS.contains(&found.as_str()).then_some(found)
    }
}

fn tail(path: &syn::Path) -> String {
    path.segments
        .last()
        .map_or_else(String::new, |one| one.ident.to_string())
}

/// What one arm says at a place.
enum Said {
    /// It names a variant of this enum.
    Variant(String),
    /// It takes whatever is there.
    Anything,
    /// It takes whatever the other elements, or the other fields of this variant, are.
    Rest {
        of: Option<String>,
        but: Vec<String>,
    },
}

impl Said {
    /// Whether an arm that says this at `place` takes whatever is at `at`.
    fn swallows(&self, place: &Place, at: &Place) -> bool {
        let Some(inner) = at.strip_prefix(place.as_slice()) else {
            return false;
        };
        match (self, inner.first()) {
            (Self::Variant(_), _) | (Self::Rest { .. }, None) => false,
            (Self::Anything, _) => true,
            (Self::Rest { of, but }, Some(Step::Element(n))) => {
                of.is_none() && !but.contains(&n.to_string())
            }
            (Self::Rest { of, but }, Some(Step::Field(path, name))) => {
                of.as_ref() == Some(path) && !but.contains(name)
            }
        }
    }
}

/// Reads one arm's pattern.
struct Reader<'a> {
    names: &'a Names,
    self_type: Option<&'a str>,
    said: Vec<(Place, Said)>,
}

impl Reader<'_> {
    fn read(&mut self, pat: &Pat, at: &Place) {
        match pat {
            Pat::Or(or) => or.cases.iter().for_each(|case| self.read(case, at)),
            Pat::Paren(inner) => self.read(&inner.pat, at),
            Pat::Reference(inner) => self.read(&inner.pat, at),
            Pat::Type(inner) => self.read(&inner.pat, at),
            Pat::Wild(_) => self.said.push((at.clone(), Said::Anything)),
            Pat::Ident(name) => match &name.subpat {
                Some((_, inner)) => self.read(inner, at),
                None => self.named(&name.ident, at),
            },
            Pat::Path(path) => self.variant(&path.path, at),
            Pat::Tuple(tuple) => self.elements(&tuple.elems, at, None),
            Pat::Slice(slice) => self.elements(&slice.elems, at, None),
            Pat::TupleStruct(inner) => {
                self.variant(&inner.path, at);
                self.elements(&inner.elems, at, Some(tail(&inner.path)));
            }
            Pat::Struct(inner) => {
                self.variant(&inner.path, at);
                self.fields(inner, at);
            }
            _ => {}
        }
    }

    fn fields(&mut self, inner: &PatStruct, at: &Place) {
        let of = tail(&inner.path);
        let mut but = vec![];
        for field in &inner.fields {
            if let syn::Member::Named(name) = &field.member {
                let step = Step::Field(of.clone(), name.to_string());
                self.read(&field.pat, &[at.as_slice(), &[step]].concat());
                but.push(name.to_string());
            }
        }
        if inner.rest.is_some() {
            let of = Some(of);
            self.said.push((at.clone(), Said::Rest { of, but }));
        }
    }

    fn named(&mut self, name: &syn::Ident, at: &Place) {
        let text = name.to_string();
        if let Some(of) = self.names.variants.get(&text) {
            self.said.push((at.clone(), Said::Variant(of.clone())));
        } else if text.starts_with(char::is_lowercase) {
            self.said.push((at.clone(), Said::Anything));
        }
    }

    fn variant(&mut self, path: &syn::Path, at: &Place) {
        if let Some(of) = self.names.of_variant(path, self.self_type) {
            self.said.push((at.clone(), Said::Variant(of)));
        }
    }

    fn elements(&mut self, elements: &Punctuated<Pat, Token![,]>, at: &Place, of: Option<String>) {
        let mut but = vec![];
        for (n, element) in elements.iter().enumerate() {
            if matches!(element, Pat::Rest(_)) {
                self.said.push((at.clone(), Said::Rest { of, but }));
                return;
            }
            let step = match &of {
                Some(of) => Step::Field(of.clone(), n.to_string()),
                None => Step::Element(n),
            };
            self.read(element, &[at.as_slice(), &[step]].concat());
            but.push(n.to_string());
        }
    }
}

/// Walks a file's functions and looks at each `match`.
#[derive(Default)]
struct Finder {
    names: Names,
    self_type: Option<String>,
    function: String,
    found: BTreeSet<(String, String)>,
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("test")
            || one.path().is_ident("cfg")
                && one
                    .parse_args::<syn::Path>()
                    .is_ok_and(|path| path.is_ident("test"))
    })
}

impl Finder {
    fn look(&mut self, found: &ExprMatch) {
        let arms: Vec<Vec<(Place, Said)>> = found.arms.iter().map(|arm| self.read(arm)).collect();
        let named: BTreeMap<&Place, &String> = arms
            .iter()
            .flatten()
            .filter_map(|(place, said)| match said {
                Said::Variant(of) => Some((place, of)),
                Said::Anything | Said::Rest { .. } => None,
            })
            .collect();
        for (place, said) in arms.iter().flatten() {
            let swallowed = named.iter().filter(|(at, _)| said.swallows(place, at));
            let swallowed = swallowed.map(|(_, of)| (self.function.clone(), (*of).clone()));
            self.found.extend(swallowed);
        }
    }

    fn read(&self, arm: &Arm) -> Vec<(Place, Said)> {
        let mut reader = Reader {
            names: &self.names,
            self_type: self.self_type.as_deref(),
            said: vec![],
        };
        reader.read(&arm.pat, &vec![]);
        reader.said
    }

    fn within(&mut self, function: &str, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, function.to_owned());
        visit(self);
        self.function = outer;
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_of_tests(&item.attrs) {
            self.within(&item.sig.ident.to_string(), |this| {
                visit::visit_item_fn(this, item)
            });
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.within(&item.sig.ident.to_string(), |this| {
            visit::visit_impl_item_fn(this, item)
        });
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if is_of_tests(&item.attrs) {
            return;
        }
        self.self_type = match &*item.self_ty {
            Type::Path(path) => Some(self.names.own_name(&tail(&path.path))),
            _ => None,
        };
        visit::visit_item_impl(self, item);
        self.self_type = None;
    }

    fn visit_expr_match(&mut self, found: &'ast ExprMatch) {
        self.look(found);
        visit::visit_expr_match(self, found);
    }

    fn visit_macro(&mut self, found: &'ast Macro) {
        let arguments = found.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        if let Ok(arguments) = arguments {
            let mut inner = Finder {
                names: std::mem::take(&mut self.names),
                self_type: self.self_type.clone(),
                function: self.function.clone(),
                found: BTreeSet::new(),
            };
            arguments
                .iter()
                .for_each(|argument| inner.visit_expr(argument));
            self.names = inner.names;
            self.found.append(&mut inner.found);
        }
    }
}

/// Each function of a file that catches all of an enum, with the enum.
fn catch_alls(source: &str) -> BTreeSet<(String, String)> {
    let file: File = syn::parse_file(source).unwrap();
    let mut names = Names::default();
    names.visit_file(&file);
    let mut finder = Finder {
        names,
        ..Finder::default()
    };
    finder.visit_file(&file);
    finder.found
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[]);
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            sources(&path, into);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            into.push(path);
        }
    }
}

#[test]
fn no_match_of_production_code_catches_all_of_these_enums() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into()));
    let mut files = vec![];
    for house in ["domain", "actors", "http"] {
        sources(&root.join(house).join("src"), &mut files);
    }
    assert!(files.len() > 150, "{} files", files.len());
    let mut found = BTreeSet::new();
    for file in files {
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        for (function, of) in catch_alls(&fs::read_to_string(&file).unwrap()) {
            found.insert(format!("{name}: {function} catches all of {of}"));
        }
    }
    assert!(
        found.is_empty(),
        "\n{}",
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_catch_all_is_found_at_every_depth_and_a_finder_is_none() {
    let of_arms = |arms: &str| {
        let source = format!(
            "use notice::NoticeKind as Kind; use order::{{CancelReason::{{self, Dispute}}, Event}};
             impl TimerKind {{ fn f(self, a: A) {{ match a {{ {arms} }} }} }}"
        );
        let found = catch_alls(&source).into_iter().map(|(_, of)| of);
        found.collect::<Vec<_>>()
    };
    let caught = [
        ("Event::A => 1, _ => 2", "Event"),
        ("(Stage::A, Event::A) => 1, (Stage::B, _) => 2", "Event"),
        ("(Stage::A, Event::A) => 1, (Stage::B, other) => 2", "Event"),
        ("(Stage::A, Event::A) => 1, _ => 2", "Event"),
        ("(Stage::A, Event::A) => 1, (Stage::B, ..) => 2", "Event"),
        ("Some(Event::A) => 1, Some(_) | None => 2", "Event"),
        (
            "Some(&Event::A) => 1, Some(ref all @ _) => 2, None => 3",
            "Event",
        ),
        (
            "Event::A(RunEvent::A) => 1, Event::A(_) | Event::B => 2",
            "RunEvent",
        ),
        (
            "E { kind: Kind::A, to } => 1, E { to, .. } => 2",
            "NoticeKind",
        ),
        ("E { kind: Dispute } => 1, E { kind } => 2", "CancelReason"),
        ("(Self::A, 1) => 1, (_, n) => 2", "TimerKind"),
        (
            "A::A => vec![match b { (1, Event::A) => 1, _ => 2 }]",
            "Event",
        ),
    ];
    for (arms, of) in caught {
        assert_eq!(of_arms(arms), [of], "{arms}");
    }
    let free = [
        "(Stage::A, Event::A) => 1, (_, Event::B | Event::C { .. }) => 2",
        "Stage::A => 1, _ => 2",
        "Event::A(_) => 1, Event::B { kind, .. } => 2",
        "Some(Event::A(all)) => 1, None => 2",
        "_ => if let Event::A = b { 1 } else { matches!(c, Event::B) as u8 }",
    ];
    for arms in free {
        assert!(of_arms(arms).is_empty(), "{arms}");
    }
    let of_a_test = "#[cfg(test)] mod tests { fn f() { match a { Event::A => 1, _ => 2 } } }";
    assert!(catch_alls(of_a_test).is_empty());
}
