//! The scenarios: five ways an order can go, one file each; the issues of a delivery have a file for each stage.
//!
//! Must not: print, or sleep for a guessed time.
//! Invariant: each registers its own people, so it can be played again and again on the same server.

mod delivered;
mod issues;
mod nobody_accepts;
mod payment_fails;
mod runner_cancels;

use super::Scene;
use campusg_client::Deviation;

/// A way an order can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// (a) create → pay → available → accept → … → completed.
    Delivered,
    /// (b) the payment fails → cancelled.
    PaymentFails,
    /// (c) nobody accepts → time-out → cancelled and refunded.
    NobodyAccepts,
    /// (d) accepted → the runner cancels → available again.
    RunnerCancels,
    /// (e) issues at each delivery stage, and their resolutions.
    Issues,
}

impl Scenario {
    /// All scenarios, in the order of their letters.
    pub const ALL: [Self; 5] = [
        Self::Delivered,
        Self::PaymentFails,
        Self::NobodyAccepts,
        Self::RunnerCancels,
        Self::Issues,
    ];

    /// Its letter and title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Delivered => "(a) Ordered, paid, accepted, delivered, completed",
            Self::PaymentFails => "(b) The payment fails: cancelled",
            Self::NobodyAccepts => {
                "(c) Nobody accepts: time-out, cancelled, the money is free again"
            }
            Self::RunnerCancels => "(d) The runner cancels: available again",
            Self::Issues => "(e) Issues at each delivery stage, and their resolutions",
        }
    }

    /// Plays the scenario.
    ///
    /// # Errors
    /// The first [`Deviation`], with the step in which it was found.
    pub async fn play(self, scene: &Scene) -> Result<(), Deviation> {
        scene.story.heading(self.title());
        let played = match self {
            Self::Delivered => delivered::play(scene).await,
            Self::PaymentFails => payment_fails::play(scene).await,
            Self::NobodyAccepts => nobody_accepts::play(scene).await,
            Self::RunnerCancels => runner_cancels::play(scene).await,
            Self::Issues => issues::play(scene).await,
        };
        played.map_err(|deviation| deviation.at(&scene.story.current()))
    }
}
