//! What uses CampusG as people do: the walkthrough, and robots that live a day on a campus.
//!
//! Must not: reach into a running server by any way but its API; print; read a clock that was not handed in.

pub mod simulate;
pub mod walkthrough;
