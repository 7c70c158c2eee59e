//! The table of rows that a campus is measured by has every row of the lifecycle, once, in its order.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::transitions::TRANSITIONS;

#[test]
fn every_row_of_the_lifecycle_is_there_once_in_its_order() {
    let page = include_str!("../../docs/lifecycle.md");
    let (_, table) = page.split_once("## Transitions").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let ids = table.lines().filter_map(|line| {
        let id = line.strip_prefix("| ")?.split(' ').next()?;
        id.starts_with(|c: char| c.is_ascii_digit()).then_some(id)
    });
    let known: Vec<&str> = TRANSITIONS.iter().map(|row| row.id).collect();
    assert_eq!(ids.collect::<Vec<_>>(), known);
}
