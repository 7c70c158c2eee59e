//! One order with its two sides, carried through its life.

use super::Money;
use campusg_client::{
    Body, Client, Deviation, Person, Price, Reply, Wish, holds, operation::order,
    request::Progress, same,
};

/// The ways of an order that a runner reports, in their order.
const WAY: [&str; 6] = [
    "accepted",
    "on-site",
    "purchased",
    "collected",
    "on-the-way",
    "completed",
];

/// An order, its customer, and who runs it.
#[derive(Debug)]
pub struct Errand {
    /// Who ordered.
    pub customer: Person,
    /// Who runs, or is about to.
    pub runner: Person,
    /// Id of the order.
    pub order: String,
    /// What it costs.
    pub price: Price,
}

impl Errand {
    /// Ann with this card orders lunch; it is on the board, and Ben is ready to run.
    ///
    /// # Errors
    /// A [`Deviation`] where any of it is refused.
    pub async fn available(client: &Client, card: &str) -> Result<Self, Deviation> {
        Self::of(client, card, &Wish::lunch()).await
    }

    /// The same, with another wish.
    ///
    /// # Errors
    /// A [`Deviation`] where any of it is refused.
    pub async fn of(client: &Client, card: &str, wish: &Wish) -> Result<Self, Deviation> {
        Self::between(client, ("Ann", "Ben"), card, wish).await
    }

    /// The same, between a customer and a runner of these names.
    ///
    /// # Errors
    /// A [`Deviation`] where any of it is refused.
    pub async fn between(
        client: &Client,
        (customer, runner): (&str, &str),
        card: &str,
        wish: &Wish,
    ) -> Result<Self, Deviation> {
        let (customer, runner) = tokio::try_join!(
            Person::customer(client, customer, card),
            Person::runner(client, runner)
        )?;
        let (order, price) = customer.place_available(wish).await?;
        Ok(Self {
            customer,
            runner,
            order,
            price,
        })
    }

    /// An errand that has come to this status, each step on the way answered as specified.
    ///
    /// # Errors
    /// A [`Deviation`] of the first step that is not.
    pub async fn at(client: &Client, status: &str) -> Result<Self, Deviation> {
        let errand = Self::available(client, "tok_visa").await?;
        errand.carry_to(status).await?;
        Ok(errand)
    }

    /// Goes on from where the order is to a status: `accepted`, `on-site`, `purchased`, `collected`, `on-the-way` or
    /// `completed`. Answers the order, as the customer then sees it.
    ///
    /// # Errors
    /// A [`Deviation`] of the first step that is not answered as specified.
    pub async fn carry_to(&self, status: &str) -> Result<Body, Deviation> {
        let order = self.seen().await?;
        let place = |status: &str| WAY.iter().position(|step| *step == status);
        let last = place(status).ok_or_else(|| Deviation::new("a status on the way", status))?;
        let first = place(order.text("/status")?).map_or(0, |step| step + 1);
        for step in WAY.iter().take(last + 1).skip(first) {
            let reply = match *step {
                "accepted" => self.runner.accept(&self.order).await?,
                "purchased" => self.buy().await?,
                "completed" => self.deliver().await?,
                reported => self.report(reported).await?,
            };
            let order = match *step {
                "completed" => self.completed(reply).await?,
                _ => reply.is(200)?,
            };
            same("the order's status", order.text("/status")?, *step)?;
        }
        self.seen().await
    }

    async fn report(&self, status: &str) -> Result<Reply, Deviation> {
        let progress = match status {
            "on-site" => Progress::OnSite,
            "collected" => Progress::Collected,
            _ => Progress::OnTheWay,
        };
        self.runner.report(&self.order, &progress).await
    }

    /// The order, as the customer sees it.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not shown.
    pub async fn seen(&self) -> Result<Body, Deviation> {
        self.customer.order(&self.order).await
    }

    /// Waits until the customer sees the order so.
    ///
    /// # Errors
    /// A [`Deviation`] where that does not come to be in time.
    pub async fn until(
        &self,
        expected: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        self.customer
            .order_until(&self.order, expected, is_so)
            .await
    }

    /// Waits until the order is in this status.
    ///
    /// # Errors
    /// A [`Deviation`] where that does not come to be in time.
    pub async fn until_status(&self, status: &str) -> Result<Body, Deviation> {
        self.until(status, |order| order.says("/status", status))
            .await
    }

    /// Waits until collecting the charge has come so far: `collected`, `owed`.
    ///
    /// # Errors
    /// A [`Deviation`] where that does not come to be in time.
    pub async fn until_collection(&self, state: &str) -> Result<Body, Deviation> {
        let is_so = |order: &Body| order.says("/payment/collection", state);
        self.until(&format!("{state} by its card"), is_so).await
    }

    /// The runner buys for the usual receipt, with a fresh photo.
    ///
    /// # Errors
    /// A [`Deviation`] where the photo is refused, or there is no answer.
    pub async fn buy(&self) -> Result<Reply, Deviation> {
        let photo = self.runner.upload().await?;
        self.runner
            .buy(&self.order, self.price.receipt(), Some(&photo))
            .await
    }

    /// The runner hands the food over against the PIN that the customer says.
    ///
    /// # Errors
    /// A [`Deviation`] where the PIN is refused, or there is no answer.
    pub async fn deliver(&self) -> Result<Reply, Deviation> {
        let pin = self.customer.pin(&self.order).await?;
        self.runner.deliver_by_pin(&self.order, &pin).await
    }

    /// Goes on from the handing over to the end: where the customer has time to dispute a delivery, they confirm it.
    ///
    /// # Errors
    /// A [`Deviation`] where either is refused.
    pub async fn completed(&self, handed_over: Reply) -> Result<Body, Deviation> {
        let order = handed_over.is(200)?;
        if order.says("/status", "delivered") {
            return self.customer.confirm(&self.order).await?.is(200);
        }
        Ok(order)
    }

    /// Where the money is.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told.
    pub async fn money(&self) -> Result<Money, Deviation> {
        Money::of(&self.order, &self.customer, Some(&self.runner)).await
    }

    /// What the runner gets for the whole errand, as the runner is told.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told, or is more than the customer pays.
    pub async fn earnings(&self) -> Result<i64, Deviation> {
        let total = self
            .runner
            .order(&self.order)
            .await?
            .number("/earnings/total_cents")?;
        holds(
            (0..=self.price.charge()).contains(&total),
            || format!("earnings of at most {}", self.price.charge()),
            || total.to_string(),
        )?;
        Ok(total)
    }

    /// The platform's part of what the customer pays, as the bound runner is told, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told.
    pub async fn platform_fee(&self) -> Result<i64, Deviation> {
        let seen = self.runner.order(&self.order).await?;
        seen.number("/earnings/platform_fee_cents")
    }

    /// What the runner is paid for the usual receipt, where nothing goes wrong: the charge less the platform's part.
    ///
    /// # Errors
    /// A [`Deviation`] where that part is not told.
    pub async fn share(&self) -> Result<i64, Deviation> {
        Ok(self.price.charge() - self.platform_fee().await?)
    }

    /// Waits until something has happened to the order, as the customer sees it.
    ///
    /// # Errors
    /// A [`Deviation`] where it does not in time.
    pub async fn until_told(&self, event: &str) -> Result<Body, Deviation> {
        let told = |page: &Body| {
            let events = page.list("/items").unwrap_or_default();
            events.iter().any(|told| told.says("/type", event))
        };
        let expected = format!("a history with {event}");
        let ask = order::events(&self.order);
        self.customer.until(&ask, &expected, told).await
    }

    /// The newest timer of a kind, as the customer sees it.
    ///
    /// # Errors
    /// A [`Deviation`] where the order has none.
    pub async fn timer(&self, kind: &str) -> Result<Body, Deviation> {
        let timers = self.customer.perform(order::timers(&self.order)).await?;
        let timers = timers.is(200)?.list("/items")?;
        let found = timers
            .into_iter()
            .find(|timer| timer.says("/event_type", kind));
        found.ok_or_else(|| Deviation::new(format!("a timer {kind}"), "none"))
    }

    /// The names of what happened to the order, oldest first, as the customer sees it.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told.
    pub async fn history(&self) -> Result<Vec<String>, Deviation> {
        let events = self.customer.perform(order::events(&self.order)).await?;
        let events = events.is(200)?.list("/items")?;
        events
            .iter()
            .map(|event| event.text("/type").map(Into::into))
            .collect()
    }
}
