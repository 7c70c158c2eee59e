//! The people of a chapter and its server, and the steps that chapters share.

use super::super::{Errand, Scene, Sums};
use campusg_client::{Deviation, Person, Wish, answer::Order};
use campusg_domain::time::SECOND_MS;
use std::time::Duration;

/// Longest wait until an order's money is as expected.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wait between two reads of the money.
const PAUSE: Duration = Duration::from_millis(10);
/// Just over the longest wait between two tries of a call.
const RETRY_MS: u64 = 70 * SECOND_MS;
/// More tries than a call ever has.
const TRIES: usize = 12;

/// The scene of a chapter, and first names for its customers and runners. Each errand registers new accounts for them.
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

    /// Begins the next step, and says which transitions of the lifecycle it shows.
    pub(super) fn step(&self, transitions: &[&'static str], text: impl Into<String>) {
        self.scene.story.step_of(transitions, text);
    }

    /// As [`Self::step`], after a blank line: it is about another order.
    pub(super) fn begins(&self, transitions: &[&'static str], text: impl Into<String>) {
        self.scene.story.pause();
        self.step(transitions, text);
    }

    /// Writes an amount in units of the server's currency.
    pub(super) fn amount(&self, cents: i64) -> String {
        self.scene.story.amount(cents)
    }

    /// Registers a customer with this card.
    pub(super) async fn a_customer(&self, card: &str) -> Result<Person, Deviation> {
        Person::customer(&self.scene.client, self.customer, card).await
    }

    /// Places the usual lunch with this card; returns it on the board, with a runner ready.
    pub(super) async fn with_card(&self, card: &str) -> Result<Errand, Deviation> {
        self.with(card, &Wish::lunch()).await
    }

    /// Places an order with this card; returns it on the board, with a runner ready.
    pub(super) async fn with(&self, card: &str, wish: &Wish) -> Result<Errand, Deviation> {
        let names = (self.customer, self.runner);
        Errand::between(&self.scene.client, names, card, wish).await
    }

    /// Places the usual lunch and carries it to this status.
    pub(super) async fn at(&self, status: &str) -> Result<Errand, Deviation> {
        let errand = self.with_card("tok_visa").await?;
        errand.carry_to(status).await?;
        Ok(errand)
    }

    /// Waits until an errand's money is as expected, without printing it.
    pub(super) async fn stands(&self, errand: &Errand, expected: Sums) -> Result<(), Deviation> {
        let Errand {
            order,
            customer,
            runner,
            ..
        } = errand;
        until_so(order, customer, Some(runner), expected).await
    }

    /// Waits until an errand's money is as expected, and prints it.
    pub(super) async fn money(&self, errand: &Errand, expected: Sums) -> Result<(), Deviation> {
        let Errand {
            order,
            customer,
            runner,
            ..
        } = errand;
        self.money_of(order, customer, Some(runner), expected).await
    }

    /// As [`Self::money`], for an order that may have no runner.
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

    /// Moves the clock on until an order is as expected, each time by the longest wait between two tries of a call.
    pub(super) async fn while_the_gateway_is_silent(
        &self,
        operator: &Person,
        order: &str,
        is_so: impl Fn(&Order) -> bool,
    ) -> Result<Order, Deviation> {
        let mut seen = operator.order(order).await?;
        for _ in 0..TRIES {
            if is_so(&seen) {
                return Ok(seen);
            }
            let version = seen.version;
            self.scene.pass(RETRY_MS).await?;
            let asked_again = |order: &Order| {
                let answered = order.calls.iter().all(|call| call.state != "open");
                is_so(order) || (answered && order.version > version + 1)
            };
            seen = operator
                .order_until(order, "asked again and silent again", asked_again)
                .await?;
        }
        Err(Deviation::new("an end of the tries", format!("{seen:?}")))
    }
}

/// Reads an order's money again and again until it is as expected.
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
