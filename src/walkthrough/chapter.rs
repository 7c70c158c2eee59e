//! The chapters: every transition of the lifecycle, by where in an order's life it happens, a file each.
//!
//! Must not: print, or sleep for luck.
//! Invariant: each plays with people of its own, and asserts every column of the money after every step that moves it.

mod cast;
mod door;
mod limits;
mod placing;
mod runners;
mod store;
mod till;
mod usual;

use super::{Deviation, Scene, Setting};
use cast::Cast;

/// A part of the whole story, on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// From the wish to the runner's wallet, without any trouble.
    Usual,
    /// Before a runner comes.
    Placing,
    /// Escrow or timers are full.
    Limits,
    /// From the board to the store, and back.
    Runners,
    /// What the runner at the store asks.
    Store,
    /// What is bought, and what is cancelled while it may be.
    Till,
    /// From the store to the customer's hands.
    Door,
}

impl Chapter {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Usual,
        Self::Placing,
        Self::Limits,
        Self::Runners,
        Self::Store,
        Self::Till,
        Self::Door,
    ];

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Usual => "The usual way, from a wish to the runner's wallet",
            Self::Placing => "Placing: the card, the bank, the board",
            Self::Limits => "Placing: escrow and timers are full",
            Self::Runners => "Runners: who takes an order, and who gives it back",
            Self::Store => "At the store: what the runner asks, and what the customer answers",
            Self::Till => {
                "At the till: the receipt, the charge, and a cancellation that comes in between"
            }
            Self::Door => "On the way and at the door",
        }
    }

    /// The server that it needs.
    #[must_use]
    pub const fn setting(self) -> Setting {
        match self {
            Self::Limits => Setting::Limits,
            Self::Usual | Self::Placing | Self::Runners | Self::Store | Self::Till | Self::Door => {
                Setting::Usual
            }
        }
    }

    /// Plays it to the end. On a server that was not started for it, what that server does not allow is left out.
    ///
    /// # Errors
    /// The first [`Deviation`], with the step in which it showed.
    pub async fn play(self, scene: &Scene) -> Result<(), Deviation> {
        let place = Self::ALL.iter().position(|chapter| *chapter == self);
        let number = place.map_or(0, |place| place + 1);
        let (title, all) = (self.title(), Self::ALL.len());
        scene.story.heading(&format!("{number} of {all} · {title}"));
        let played = self.with_its_people(scene).await;
        played.map_err(|deviation| deviation.at(&scene.story.current()))?;
        scene.story.end();
        Ok(())
    }

    async fn with_its_people(self, scene: &Scene) -> Result<(), Deviation> {
        match self {
            Self::Usual => usual::play(&Cast::new(scene, "Ann", "Ben")).await,
            Self::Placing => placing::play(&Cast::new(scene, "Cora", "Dan")).await,
            Self::Limits => limits::play(&Cast::new(scene, "Eva", "Finn")).await,
            Self::Runners => runners::play(&Cast::new(scene, "Gia", "Hugo")).await,
            Self::Store => store::play(&Cast::new(scene, "Iris", "Jon")).await,
            Self::Till => till::play(&Cast::new(scene, "Kim", "Leo")).await,
            Self::Door => door::play(&Cast::new(scene, "Mia", "Noah")).await,
        }
    }
}
