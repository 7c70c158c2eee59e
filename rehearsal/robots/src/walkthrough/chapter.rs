//! The chapters: every transition of the lifecycle, grouped by where in an order's life it happens, a file each.
//!
//! Must not: print, or sleep for a guessed time.
//! Invariant: each registers its own people, and checks every column of the money after every step that moves it.

mod after;
mod cases;
mod cast;
mod debts;
mod desk;
mod door;
mod limits;
mod payouts;
mod placing;
mod refused;
mod runners;
mod short_holds;
mod store;
mod till;
mod usual;
mod window;

use super::{Scene, Setting};
use campusg_client::Deviation;
use cast::Cast;

/// A part of the whole story; each plays on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// An order without any trouble, from placing to the runner's wallet.
    Usual,
    /// Before a runner accepts.
    Placing,
    /// Placing when the escrow or the timers are full.
    Limits,
    /// From the board to the store, and back to the board.
    Runners,
    /// Proposals of the runner at the store.
    Store,
    /// The purchase, and a cancellation just before it.
    Till,
    /// From the store to the handover.
    Door,
    /// A cancellation after the purchase, and tips, refunds and ratings after the end.
    After,
    /// A release that the escrow refuses at first.
    Refused,
    /// What operators do with an order.
    Desk,
    /// Authorisations that run out, and charges that come late.
    ShortHolds,
    /// Disputes while the money is in escrow.
    Window,
    /// Disputes after the end.
    Cases,
    /// A customer's debt.
    Debts,
    /// Payouts from the wallet to the bank, and the platform's own money.
    Payouts,
}

impl Chapter {
    /// All chapters, in the order in which they are played.
    pub const ALL: [Self; 15] = [
        Self::Usual,
        Self::Placing,
        Self::Limits,
        Self::Runners,
        Self::Store,
        Self::Till,
        Self::Door,
        Self::After,
        Self::Refused,
        Self::Desk,
        Self::ShortHolds,
        Self::Window,
        Self::Cases,
        Self::Debts,
        Self::Payouts,
    ];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Usual => "The usual way, from a wish to the runner's wallet",
            Self::Placing => "Placing: the card, the bank, the board",
            Self::Limits => "Placing where escrow and timers are full",
            Self::Runners => "Runners: who takes an order, and who gives it back",
            Self::Store => "At the store: what the runner asks, and what the customer answers",
            Self::Till => "At the till: the receipt, the charge, a cancellation in between",
            Self::Door => "On the way and at the door",
            Self::After => "Bought, brought, and after it",
            Self::Refused => "A release that fails",
            Self::Desk => "What operators do",
            Self::ShortHolds => "Authorisations that run out, and charges that come late",
            Self::Window => "Disputes while the money is in escrow",
            Self::Cases => "Disputes after the end",
            Self::Debts => "Debts: cards that fail, and banks that take a charge back",
            Self::Payouts => "From the wallet to the bank, and the platform's own money",
        }
    }

    /// The setting of the server that it needs.
    #[must_use]
    pub const fn setting(self) -> Setting {
        match self {
            Self::Limits | Self::Refused => Setting::Limits,
            Self::ShortHolds => Setting::ShortHolds,
            Self::Window => Setting::Window,
            _ => Setting::Usual,
        }
    }

    /// Plays the chapter. On a server that was not started for it, it leaves out what that server does not allow.
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
        let cast = |customer, runner| Cast::new(scene, customer, runner);
        match self {
            Self::Usual => usual::play(&cast("Ann", "Ben")).await,
            Self::Placing => placing::play(&cast("Cora", "Dan")).await,
            Self::Limits => limits::play(&cast("Eva", "Finn")).await,
            Self::Runners => runners::play(&cast("Gia", "Hugo")).await,
            Self::Store => store::play(&cast("Iris", "Jon")).await,
            Self::Till => till::play(&cast("Kim", "Leo")).await,
            Self::Door => door::play(&cast("Mia", "Noah")).await,
            Self::After => after::play(&cast("Olga", "Paul")).await,
            Self::Refused => refused::play(&cast("Quinn", "Rosa")).await,
            Self::Desk => desk::play(&cast("Sara", "Tom")).await,
            Self::ShortHolds => short_holds::play(&cast("Uma", "Vito")).await,
            Self::Window => window::play(&cast("Vera", "Will")).await,
            Self::Cases => cases::play(&cast("Xenia", "Yuri")).await,
            Self::Debts => debts::play(&cast("Zara", "Abel")).await,
            Self::Payouts => payouts::play(&cast("Carl", "Dora")).await,
        }
    }
}
