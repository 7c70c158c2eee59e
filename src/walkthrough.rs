//! The walkthrough: a story of orders, played against a server over HTTP, every step checked.
//!
//! Owns: a small client of the API, the people of the story, the scenarios, and a server of its own where none is
//! named. The end-to-end tests play the same scenarios.
//! Must not: reach into a running server by any way but its API; hold a rule of the product.
//! Invariant: whatever is not as specified ends the story with a [`Deviation`] that names step, expectation and finding.

mod body;
mod chapter;
mod child;
mod client;
mod deviation;
mod errand;
mod money;
mod own_server;
mod person;
pub mod photo;
mod proof;
mod scenario;
mod scene;
mod setting;
mod story;
mod sums;
mod whole;

pub use body::Body;
pub use chapter::Chapter;
pub use child::{ChildFault, Launch, ListeningChild};
pub use client::{ApiRequest, Client, Reply};
pub use deviation::{Deviation, holds, same};
pub use errand::Errand;
pub use money::{Money, Price};
pub use own_server::OwnServer;
pub use person::{Person, Wish};
pub use proof::prove;
pub use scenario::Scenario;
pub use scene::Scene;
pub use setting::Setting;
pub use story::Story;
pub use sums::Sums;
pub use whole::{Whole, play_here};
