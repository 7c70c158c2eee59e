//! Programs that use CampusG as people do: the walkthrough, and robots that live a day on a campus.
//!
//! Must not: reach a running server except through its API; print; read a clock that was not passed in.

pub mod simulate;
pub mod walkthrough;
