//! The contract of the API: an OpenAPI 3.1 document that is derived from the table of routes and the handlers' types.
//!
//! A handler's extractors say what it asks ([`asks`]), the type of its answer what it answers ([`answers`]), and its row in
//! the table who may call it and under what rules ([`rules`]). What no type can say, the sentences about it, stands in
//! `operations.md`.
//! Must not: say what the code says already.
//! Invariant: no route is without its contract: one whose extractors or answer say nothing of it does not compile.

mod answers;
mod asks;
#[cfg(all(feature = "checks-answers", debug_assertions))]
pub(crate) mod check;
mod described;
mod document;
mod example;
mod handler;
mod operations;
mod problems;
mod rules;
mod written;

pub(crate) use described::Described;
pub(crate) use document::{Operation, Row};
pub(crate) use handler::Contract;
pub(crate) use written::{is_of, written};

/// The operations of which `operations.md` says something.
#[cfg(test)]
pub(crate) fn spoken_of() -> std::collections::BTreeSet<String> {
    operations::operations()
        .keys()
        .map(|id| (*id).to_owned())
        .collect()
}
