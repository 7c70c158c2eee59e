//! The simulator: robots live a day on a campus with every kind of trouble, and a report says what became of it.
//!
//! Owns: the robots and their habits, the port through which they live on a campus, and the report. Robots are pure: what
//! they see, and when, comes from the port, and chance from a seed.
//! Must not: hold a rule of the product; a robot that asks for something illegal is refused like anybody else.
//! Invariant: in a simulation in this process, equal seeds give equal reports, byte for byte.

mod agenda;
mod day;
mod habits;
mod on_campus;
mod on_server;
mod operator;
mod outside;
mod people;
mod report;
mod run;
mod runner;
mod student;
mod tally;
mod world;

pub use day::{Day, FIRST_HOUR, Progress, Size};
pub use habits::Habits;
pub use on_campus::OnCampus;
pub use on_server::{Login, OnServer, WallClock};
pub use report::Report;
pub use run::{Setting, simulate, simulate_on};
pub use tally::{Outcome, Tally, Waits};
pub use world::{Answer, World, WorldError};
