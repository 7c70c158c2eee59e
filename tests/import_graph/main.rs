//! The import graph: which file of a crate may know which.
//!
//! A crate is a house of rooms: the modules at its top, or, where [`houses::House::buildings`] says so, the modules of one of
//! them. Rooms lie in layers. A file may use its own room, rooms of lower layers, and rooms of its own layer as long as
//! no circle comes of it. What a module re-exports counts as what it stands for, so that a re-export hides nothing.
//!
//! Reads every path in a file's code that begins with `crate`, `self`, `super` or, in a `use`, with a child's name.
//! Tests within the sources are left out: they may look wherever they want to.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod houses;
mod paths;

use houses::{HOUSES, House};
use paths::{Module, bare, inline_paths, sources, uses, without_tests};
use std::collections::{BTreeMap, BTreeSet};

/// A name that a module offers, and the path that it stands for.
type Exports = BTreeMap<Module, Vec<(String, Vec<String>)>>;

/// A crate's files by module, and what each module re-exports.
struct Plan {
    files: BTreeMap<Module, String>,
    exports: Exports,
}

impl Plan {
    /// The path from the crate's root; `None` where it leads out of the crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => vec![],
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            child => {
                let mut below = module.to_vec();
                below.push(child.to_owned());
                return self
                    .files
                    .contains_key(&below)
                    .then(|| [&below, rest].concat());
            }
        };
        for part in rest {
            if part == "super" {
                base.pop();
            } else {
                base.push(part.clone());
            }
        }
        Some(base)
    }

    /// The file that a path from the root leads to, through every re-export.
    fn target(&self, path: &[String], patience: usize) -> Option<&Module> {
        let depth = (0..=path.len())
            .rev()
            .find(|depth| self.files.contains_key(&path[..*depth]))?;
        let (module, rest) = path.split_at(depth);
        if let Some(name) = rest.first()
            && patience > 0
        {
            for (exported, stands_for) in self.exports.get(module).into_iter().flatten() {
                if exported == name {
                    let onward = [self.absolute(module, stands_for)?, rest[1..].to_vec()].concat();
                    return self.target(&onward, patience - 1);
                }
            }
        }
        self.files.get_key_value(module).map(|(module, _)| module)
    }
}

/// An arrow from one file to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
}

/// Every arrow between two files of a crate, with the rooms of both.
fn arrows(house: &House) -> BTreeMap<(String, String), BTreeSet<Arrow>> {
    let files = sources(house);
    let mut plan = Plan {
        files: files
            .iter()
            .map(|file| (file.module.clone(), file.name.clone()))
            .collect(),
        exports: Exports::new(),
    };
    let mut read = vec![];
    for file in &files {
        let (uses, left) = uses(&file.code);
        let public = uses
            .iter()
            .filter(|one| one.is_public)
            .flat_map(|one| one.paths.clone());
        plan.exports.insert(file.module.clone(), public.collect());
        read.push((file, uses, left));
    }
    let mut arrows: BTreeMap<(String, String), BTreeSet<Arrow>> = BTreeMap::new();
    for (file, uses, left) in &read {
        let used = uses
            .iter()
            .flat_map(|one| one.paths.iter().map(|(_, path)| path.clone()));
        for path in used.chain(inline_paths(left)) {
            let absolute = plan.absolute(&file.module, &path);
            let Some(to) = absolute.as_deref().and_then(|path| plan.target(path, 8)) else {
                continue;
            };
            let rooms = (room(house, &file.module), room(house, to));
            if let (Some(from), Some(room)) = rooms
                && from != room
            {
                let (from_file, to_file) = (file.name.clone(), plan.files[to].clone());
                let arrow = Arrow {
                    from: from_file,
                    to: to_file,
                };
                arrows.entry((from, room)).or_default().insert(arrow);
            }
        }
    }
    arrows
}

/// The room that a module lies in: the child of the innermost building around it. The crate's root lies in none.
fn room(house: &House, module: &[String]) -> Option<String> {
    let mut room = module.first()?.clone();
    for child in &module[1..] {
        if !house.buildings.contains(&room.as_str()) {
            break;
        }
        room = format!("{room}/{child}");
    }
    Some(room)
}

fn layer(house: &House, room: &str) -> Option<usize> {
    house.layers.iter().position(|layer| layer.contains(&room))
}

fn example(arrows: &BTreeSet<Arrow>) -> String {
    let first = arrows.first().unwrap();
    let more = if arrows.len() > 1 {
        format!(" and {} more", arrows.len() - 1)
    } else {
        String::new()
    };
    format!("{} -> {}{more}", first.from, first.to)
}

/// A way from `from` back to it through other rooms, if there is one.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![from.to_owned()]];
    let mut met = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = vec![];
        for way in ways {
            for next in graph.get(way.last().unwrap()).into_iter().flatten() {
                if next == from {
                    return Some([way, vec![from.to_owned()]].concat());
                }
                if met.insert(next.clone()) {
                    longer.push([way.clone(), vec![next.clone()]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

// --------------------------------------------------------------------------------------------------------------- tests

#[test]
fn no_file_uses_a_room_above_its_own_and_no_rooms_use_each_other_in_a_circle() {
    let mut broken = vec![];
    for house in &HOUSES {
        let arrows = arrows(house);
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for ((from, to), found) in &arrows {
            graph.entry(from.clone()).or_default().insert(to.clone());
            match (layer(house, from), layer(house, to)) {
                (Some(low), Some(high)) if low < high => {
                    broken.push(format!(
                        "{}: {from} uses {to} above it: {}",
                        house.folder,
                        example(found)
                    ));
                }
                (Some(_), Some(_)) => {}
                (None, _) => broken.push(format!("{}: {from} lies in no layer", house.folder)),
                (_, None) => broken.push(format!("{}: {to} lies in no layer", house.folder)),
            }
        }
        let mut told = BTreeSet::new();
        for room in graph.keys() {
            if told.contains(room) {
                continue;
            }
            if let Some(way) = circle(&graph, room) {
                let steps = way.windows(2).map(|step| {
                    let found = &arrows[&(step[0].clone(), step[1].clone())];
                    format!("    {} -> {}: {}", step[0], step[1], example(found))
                });
                broken.push(format!(
                    "{}: a circle\n{}",
                    house.folder,
                    steps.collect::<Vec<_>>().join("\n")
                ));
                told.extend(way);
            }
        }
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn a_path_is_followed_through_trees_parents_and_re_exports() {
    let text = |parts: &[&str]| {
        parts
            .iter()
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    let (found, left) =
        uses("pub use a::{b::C, d as e, self}; fn f() { super::x::y(); } use crate::k;");
    let names: Vec<_> = found
        .iter()
        .flat_map(|one| &one.paths)
        .map(|(name, path)| (name.as_str(), path.join("::")))
        .collect();
    assert_eq!(
        names,
        [
            ("C", "a::b::C".into()),
            ("e", "a::d".into()),
            ("a", "a".into()),
            ("k", "crate::k".to_owned())
        ]
    );
    assert!(found[0].is_public && !found[1].is_public);
    assert_eq!(inline_paths(&left), [text(&["super", "x", "y"])]);
    assert_eq!(
        inline_paths("pub(in crate::a) fn f() { for x in crate::b() {} }"),
        [text(&["crate", "b"])]
    );
    let plan = Plan {
        files: [vec![], text(&["a"]), text(&["a", "b"]), text(&["c"])]
            .into_iter()
            .map(|module| (module.clone(), module.join("/")))
            .collect(),
        exports: [(text(&["a"]), vec![("C".to_owned(), text(&["b", "C"]))])].into(),
    };
    let seen = plan
        .absolute(&text(&["c"]), &text(&["super", "a", "C"]))
        .unwrap();
    assert_eq!(plan.target(&seen, 8), Some(&text(&["a", "b"])));
    assert_eq!(
        bare("a // b\n\"c\\\"d\" 'e' '\\'' &'f g"),
        "a \n\"\" ' ' ' ' &'f g"
    );
    assert_eq!(
        without_tests("a #[cfg(test)] mod t { { } } b #[cfg(test)] mod u; c"),
        "a  b  c"
    );
}
