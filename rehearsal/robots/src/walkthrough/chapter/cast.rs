//! Who plays a chapter, on which server; and what every chapter does with them.

use super::super::{Errand, Scene, Sums};
use campusg_client::{Body, Deviation, Person, Wish};
use campusg_domain::{money::Cents, time::SECOND_MS};
use std::time::Duration;

/// Longest wait until the money is where it should be.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wait between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// Just over the longest rest of a call that was not answered.
const RETRY_MS: u64 = 70 * SECOND_MS;
/// More tries than a call ever has.
const TRIES: usize = 12;

/// A customer and a runner by name, and the scene they play on. Every errand has an account of its own for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast<'a> {
    pub(super) scene: &'a Scene,
    pub(super) customer: &'static str,
    pub(super) runner: &'static str,
}

impl<'a> Cast<'a> {
    pub(super) const fn new(
        scene: &'a Scene,
        customer: &'static str,
        runner: &'static str,
    ) -> Self {
        Self {
            scene,
            customer,
            runner,
        }
    }

    /// Says what happens next, and which rows of the lifecycle that is.
    pub(super) fn tells(&self, rows: &[&'static str], text: impl Into<String>) {
        self.scene.story.tells(rows, text);
    }

    /// The same, with another order than before.
    pub(super) fn begins(&self, rows: &[&'static str], text: impl Into<String>) {
        self.scene.story.pause();
        self.tells(rows, text);
    }

    /// A customer with this card.
    pub(super) async fn a_customer(&self, card: &str) -> Result<Person, Deviation> {
        Person::customer(&self.scene.client, self.customer, card).await
    }

    /// Lunch on this card, on the board, and a runner.
    pub(super) async fn with_card(&self, card: &str) -> Result<Errand, Deviation> {
        self.with(card, &Wish::lunch()).await
    }

    /// Another wish on this card, on the board, and a runner.
    pub(super) async fn with(&self, card: &str, wish: &Wish) -> Result<Errand, Deviation> {
        let names = (self.customer, self.runner);
        Errand::between(&self.scene.client, names, card, wish).await
    }

    /// Lunch that has come to this status.
    pub(super) async fn at(&self, status: &str) -> Result<Errand, Deviation> {
        let errand = self.with_card("tok_visa").await?;
        errand.carry_to(status).await?;
        Ok(errand)
    }

    /// Waits until the money of an errand is where it is to be, and tells nothing.
    pub(super) async fn stands(&self, errand: &Errand, expected: Sums) -> Result<(), Deviation> {
        let Errand {
            order,
            customer,
            runner,
            ..
        } = errand;
        until_so(order, customer, Some(runner), expected).await
    }

    /// Tells where the money of an errand is, once it is where it is to be.
    pub(super) async fn money(&self, errand: &Errand, expected: Sums) -> Result<(), Deviation> {
        let Errand {
            order,
            customer,
            runner,
            ..
        } = errand;
        self.money_of(order, customer, Some(runner), expected).await
    }

    /// The same, where the order may have no runner.
    pub(super) async fn money_of(
        &self,
        order: &str,
        customer: &Person,
        runner: Option<&Person>,
        expected: Sums,
    ) -> Result<(), Deviation> {
        until_so(order, customer, runner, expected).await?;
        self.scene.story.sums(&expected);
        Ok(())
    }

    /// Moves the clock on in steps, each after the call before it has rested, until an order is so.
    pub(super) async fn while_the_gateway_is_silent(
        &self,
        operator: &Person,
        order: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        let mut seen = operator.order(order).await?;
        for _ in 0..TRIES {
            if is_so(&seen) {
                return Ok(seen);
            }
            let version = seen.number("/version")?;
            self.scene.pass(RETRY_MS).await?;
            let asked_again = |order: &Body| {
                let rests = order
                    .list("/calls")
                    .is_ok_and(|calls| calls.iter().all(|call| !call.says("/state", "open")));
                let moved = order.number("/version").is_ok_and(|now| now > version + 1);
                is_so(order) || (rests && moved)
            };
            seen = operator
                .order_until(order, "asked again and silent again", asked_again)
                .await?;
        }
        Err(Deviation::new("an end of the tries", seen.0.to_string()))
    }
}

/// Looks until the money of an order is as expected.
async fn until_so(
    order: &str,
    customer: &Person,
    runner: Option<&Person>,
    expected: Sums,
) -> Result<(), Deviation> {
    let mut found = Sums::NOTHING;
    let looking = async {
        loop {
            found = Sums::of(order, customer, runner).await?;
            if found == expected {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    // Past the patience the comparison says what is still another.
    if let Ok(looked) = tokio::time::timeout(PATIENCE, looking).await {
        looked?;
    }
    found.are(&expected)
}

/// An amount in words.
pub(super) const fn amount(cents: i64) -> Cents {
    Cents(cents)
}
