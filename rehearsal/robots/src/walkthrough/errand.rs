//! One order with its customer and its runner, carried through its life.

use super::Money;
use campusg_client::{
    Client, Deviation, Person, Price, Reply, Wish,
    answer::{Event, Order, Page, Timer},
    holds,
    operation::order,
    request::Progress,
    same,
};
use campusg_domain::order::Status;
use serde::de::DeserializeOwned;

/// The statuses to which [`Errand::carry_to`] can bring an order, in their order.
const WAY: [Status; 6] = [
    Status::Accepted,
    Status::OnSite,
    Status::Purchased,
    Status::Collected,
    Status::OnTheWay,
    Status::Completed,
];

/// An order with its customer and its runner.
#[derive(Debug)]
pub struct Errand {
    /// The customer, who has placed the order.
    pub customer: Person,
    /// The runner, who has accepted the order or is about to.
    pub runner: Person,
    /// Id of the order.
    pub order: String,
    /// The price of the order.
    pub price: Price,
}

impl Errand {
    /// Registers Ann with this card and Ben as a runner; Ann places the usual lunch. Returns once it is on the board.
    ///
    /// # Errors
    /// A [`Deviation`] if any of it is refused.
    pub async fn available(client: &Client, card: &str) -> Result<Self, Deviation> {
        Self::of(client, card, &Wish::lunch()).await
    }

    /// As [`Self::available`], with another order.
    ///
    /// # Errors
    /// A [`Deviation`] if any of it is refused.
    pub async fn of(client: &Client, card: &str, wish: &Wish) -> Result<Self, Deviation> {
        Self::between(client, ("Ann", "Ben"), card, wish).await
    }

    /// As [`Self::of`], with these first names of customer and runner.
    ///
    /// # Errors
    /// A [`Deviation`] if any of it is refused.
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

    /// The usual lunch of Ann and Ben, carried to this status.
    ///
    /// # Errors
    /// A [`Deviation`] of the first step that is not answered as specified.
    pub async fn at(client: &Client, status: &str) -> Result<Self, Deviation> {
        let errand = Self::available(client, "tok_visa").await?;
        errand.carry_to(status).await?;
        Ok(errand)
    }

    /// Carries the order on to a status: `accepted`, `on-site`, `purchased`, `collected`, `on-the-way` or `completed`. Returns
    /// the order as its customer then sees it.
    ///
    /// # Errors
    /// A [`Deviation`] of the first step that is not answered as specified.
    pub async fn carry_to(&self, status: &str) -> Result<Order, Deviation> {
        let mut order = self.seen().await?;
        let place = |status: &str| WAY.iter().position(|step| step.as_str() == status);
        let last = place(status).ok_or_else(|| Deviation::new("a status on the way", status))?;
        let first = place(order.status.as_str()).map_or(0, |step| step + 1);
        for step in WAY.into_iter().take(last + 1).skip(first) {
            order = self.step(step).await?;
            same("the order's status", order.status, step)?;
        }
        Ok(order)
    }

    async fn step(&self, to: Status) -> Result<Order, Deviation> {
        let (runner, order) = (&self.runner, &self.order);
        let reply = match to {
            Status::Accepted => runner.accept(order).await?,
            Status::OnSite => runner.report(order, &Progress::OnSite).await?,
            Status::Purchased => self.buy().await?,
            Status::Collected => runner.report(order, &Progress::Collected).await?,
            Status::OnTheWay => runner.report(order, &Progress::OnTheWay).await?,
            _ => return self.completed(self.deliver().await?).await,
        };
        reply.is(200)?;
        self.seen().await
    }

    /// The order in its customer's view.
    ///
    /// # Errors
    /// A [`Deviation`] if it is not shown.
    pub async fn seen(&self) -> Result<Order, Deviation> {
        self.customer.order(&self.order).await
    }

    /// Returns the id of the photo of the receipt.
    ///
    /// # Errors
    /// A [`Deviation`] if the order can't be read, or shows no photo of a receipt.
    pub async fn receipt_photo(&self) -> Result<String, Deviation> {
        let receipt = self.seen().await?.receipt;
        let photo = receipt.and_then(|receipt| receipt.photo_id);
        photo.ok_or_else(|| Deviation::new("the photo of a receipt", "none"))
    }

    /// Waits until the order, in its customer's view, satisfies `is_so`; `expected` describes that in the deviation.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not in time.
    pub async fn until<T: DeserializeOwned>(
        &self,
        expected: &str,
        is_so: impl Fn(&T) -> bool,
    ) -> Result<T, Deviation> {
        self.customer
            .order_until(&self.order, expected, is_so)
            .await
    }

    /// Waits until the order is in this status.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not get there in time.
    pub async fn until_status(&self, status: &str) -> Result<Order, Deviation> {
        let is_so = |order: &Order| order.status.as_str() == status;
        self.until(status, is_so).await
    }

    /// Waits until collecting the charge has reached this state: `collected` or `owed`.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not get there in time.
    pub async fn until_collection(&self, state: &str) -> Result<Order, Deviation> {
        let is_so = |order: &Order| order.payment.collection == state;
        self.until(&format!("{state} by its card"), is_so).await
    }

    /// The runner reports the purchase, with the usual receipt and a new photo of it.
    ///
    /// # Errors
    /// A [`Deviation`] if the photo is refused, or there is no answer.
    pub async fn buy(&self) -> Result<Reply, Deviation> {
        let photo = self.runner.upload().await?;
        self.runner
            .buy(&self.order, self.price.receipt(), Some(&photo))
            .await
    }

    /// The runner hands the food over with the customer's PIN.
    ///
    /// # Errors
    /// A [`Deviation`] if the PIN is not shown to the customer, or there is no answer.
    pub async fn deliver(&self) -> Result<Reply, Deviation> {
        let pin = self.customer.pin(&self.order).await?;
        self.runner.deliver_by_pin(&self.order, &pin).await
    }

    /// Completes a delivery: on a server with a dispute window, the customer confirms it. Returns the order in the customer's
    /// view.
    ///
    /// # Errors
    /// A [`Deviation`] if the delivery or the confirmation is refused.
    pub async fn completed(&self, handed_over: Reply) -> Result<Order, Deviation> {
        handed_over.is(200)?;
        let order = self.seen().await?;
        if order.status == Status::Delivered {
            let confirmed = self.customer.confirm(&self.order).await?;
            return confirmed.is(200)?.read();
        }
        Ok(order)
    }

    /// The money of the order, as its parties see it.
    ///
    /// # Errors
    /// A [`Deviation`] if an answer is not as specified.
    pub async fn money(&self) -> Result<Money, Deviation> {
        Money::of(&self.order, &self.customer, Some(&self.runner)).await
    }

    /// The runner's earnings for the order in cents, in their own view.
    ///
    /// # Errors
    /// A [`Deviation`] if they are not shown, are negative, or are more than the customer pays.
    pub async fn earnings(&self) -> Result<i64, Deviation> {
        let seen = self.runner.runners_order(&self.order).await?;
        let total = seen.earnings.total_cents;
        holds(
            (0..=self.price.charge()).contains(&total),
            || format!("earnings of at most {}", self.price.charge()),
            || total.to_string(),
        )?;
        Ok(total)
    }

    /// The platform's fee for the order in cents, in the runner's view.
    ///
    /// # Errors
    /// A [`Deviation`] if it is not shown.
    pub async fn platform_fee(&self) -> Result<i64, Deviation> {
        let seen = self.runner.runners_order(&self.order).await?;
        Ok(seen.earnings.platform_fee_cents)
    }

    /// What the runner is paid in cents for the usual receipt, if nothing goes wrong: the charge less the platform's fee.
    ///
    /// # Errors
    /// A [`Deviation`] if the fee is not shown.
    pub async fn share(&self) -> Result<i64, Deviation> {
        Ok(self.price.charge() - self.platform_fee().await?)
    }

    /// Waits until the order's history has an event of this type in its customer's view.
    ///
    /// # Errors
    /// A [`Deviation`] if it has none in time.
    pub async fn until_event(&self, event: &str) -> Result<(), Deviation> {
        let has_it = |page: &Page<Event>| page.items.iter().any(|it| it.r#type == event);
        let expected = format!("a history with {event}");
        let ask = order::events(&self.order);
        self.customer.until(&ask, &expected, has_it).await.map(drop)
    }

    /// The order's newest timer of this kind, in its customer's view.
    ///
    /// # Errors
    /// A [`Deviation`] if the order has none.
    pub async fn timer(&self, kind: &str) -> Result<Timer, Deviation> {
        let timers: Page<Timer> = self.customer.read(order::timers(&self.order)).await?;
        let mut timers = timers.items.into_iter();
        let found = timers.find(|timer| timer.event_type == kind);
        found.ok_or_else(|| Deviation::new(format!("a timer {kind}"), "none"))
    }

    /// The types of the order's events in its customer's view, oldest first.
    ///
    /// # Errors
    /// A [`Deviation`] if they are not shown.
    pub async fn history(&self) -> Result<Vec<String>, Deviation> {
        let events: Page<Event> = self.customer.read(order::events(&self.order)).await?;
        Ok(events.items.into_iter().map(|event| event.r#type).collect())
    }
}
