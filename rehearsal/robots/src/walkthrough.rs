//! The walkthrough: a story of orders, played against a server over HTTP, every step checked.
//!
//! Owns: the scenarios, the chapters, and a server of its own where none is named. The end-to-end tests play the same scenarios.
//! Must not: reach into a running server by any way but its API; hold a rule of the product.
//! Invariant: whatever is not as specified ends the story with a [`Deviation`](campusg_client::Deviation) that names step, expectation and finding.

mod chapter;
mod child;
mod errand;
mod money;
mod own_server;
mod proof;
mod scenario;
mod scene;
mod setting;
mod story;
mod sums;
mod whole;

pub use chapter::Chapter;
pub use child::{ChildFault, Launch, ListeningChild};
pub use errand::Errand;
pub use money::Money;
pub use own_server::OwnServer;
pub use proof::prove;
pub use scenario::Scenario;
pub use scene::Scene;
pub use setting::Setting;
pub use story::Story;
pub use sums::Sums;
pub use whole::{Whole, play_here};
