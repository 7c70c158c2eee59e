//! The walkthrough: plays stories of orders against a server over HTTP and checks every step.
//!
//! Owns: scenarios and chapters, and a temporary server if none is named. The end-to-end tests play the same scenarios.
//! Must not: reach a running server except through its API; hold a rule of the product.
//! Invariant: whatever is not as specified ends the story with a [`Deviation`](campusg_client::Deviation), which names
//! the step, what was expected and what was found.

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
pub use proof::{prove, tell_what_is_left};
pub use scenario::Scenario;
pub use scene::Scene;
pub use setting::Setting;
pub use story::Story;
pub use sums::Sums;
pub use whole::{Whole, play_here};
