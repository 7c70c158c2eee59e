//! What CampusG remembers: the journal and everything folded from it onto disk.

pub mod disk;
pub mod journal;
