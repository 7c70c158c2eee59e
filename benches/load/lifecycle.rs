//! One lifecycle: the seven requests from placing to completed, and what each connection measures of them.

use crate::{
    Fault,
    account::Pair,
    client::{Connection, Head},
    sample::Sample,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// The steps, in their order.
pub const STEPS: [&str; 7] = [
    "place",
    "accept",
    "on-site",
    "purchased",
    "collected",
    "on-the-way",
    "delivered",
];

/// The wish that is placed.
pub const WISH: &str = r#"{"store":{"name":"Corner","place":"Library"},"items":[{"name":"Bagel","quantity":2,"unit_price_cents":1000,"substitution":"drop"}],"dropoff":{"building":"B7","room":"12","handover":"pin","notes":"ring"},"tip_cents":200}"#;

/// The id under which a reference is asked: it knows none.
const SOME_ORDER: &str = "019ac000-0000-7000-8000-000000000000";

/// What one connection has measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Lifecycles completed.
    pub lifecycles: u64,
    /// Requests that were answered 503 and sent again.
    pub refused: u64,
    /// The time of each step.
    pub steps: [Sample; STEPS.len()],
}

impl Measured {
    /// Adds what another connection measured.
    pub fn join(&mut self, other: Self) {
        self.lifecycles += other.lifecycles;
        self.refused += other.refused;
        self.steps
            .iter_mut()
            .zip(other.steps)
            .for_each(|(all, one)| all.join(one));
    }
}

/// A customer and a runner on one connection, who do lifecycle after lifecycle.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    pair: Pair,
    /// Whether the other end is the product: then ids and PINs are read from its answers.
    product: bool,
    done: u64,
    /// What was measured since it was last taken.
    pub measured: Measured,
}

impl Driver {
    /// Connects for a pair.
    ///
    /// # Errors
    /// The system's.
    pub async fn connect(address: SocketAddr, pair: Pair, product: bool) -> Result<Self, Fault> {
        let connection = Connection::open(address).await?;
        Ok(Self {
            connection,
            pair,
            product,
            done: 0,
            measured: Measured::default(),
        })
    }

    /// Does lifecycles until the time is over; the last one is finished and not counted.
    ///
    /// # Errors
    /// The first that goes wrong: a benchmark of refusals measures nothing.
    pub async fn until(&mut self, end: Instant) -> Result<(), Fault> {
        loop {
            let times = self.lifecycle().await?;
            self.measured.refused += std::mem::take(&mut self.connection.refused);
            if Instant::now() >= end {
                return Ok(());
            }
            self.measured.lifecycles += 1;
            self.measured
                .steps
                .iter_mut()
                .zip(times)
                .for_each(|(step, time)| step.add(time));
        }
    }

    /// One lifecycle.
    ///
    /// # Errors
    /// The first answer that is not as it should be.
    pub async fn lifecycle(&mut self) -> Result<[Duration; STEPS.len()], Fault> {
        self.done += 1;
        let key = format!("{}-{}", self.pair.name, self.done);
        let mut times = [Duration::ZERO; STEPS.len()];
        let (customer, runner) = (self.pair.customer.clone(), self.pair.runner.clone());
        times[0] = self
            .post("/api/orders", &customer, Some(&key), WISH)
            .await?;
        let order = match self.product {
            true => self
                .connection
                .find("location: /api/orders/", b'\r')?
                .to_owned(),
            false => SOME_ORDER.to_owned(),
        };
        let accept = format!("/api/orders/{order}/accept");
        times[1] = self.post(&accept, &runner, Some(&key), "{}").await?;
        let pin = self.pin(&order, &customer).await?;
        let status = format!("/api/orders/{order}/status");
        for step in 2..STEPS.len() {
            let body = match STEPS[step] {
                "purchased" => {
                    r#"{"status":"purchased","receipt":{"total_cents":2150}}"#.to_owned()
                }
                "delivered" => format!(r#"{{"status":"delivered","proof":{{"pin":"{pin}"}}}}"#),
                plain => format!(r#"{{"status":"{plain}"}}"#),
            };
            times[step] = self.post(&status, &runner, None, &body).await?;
        }
        if self.product {
            self.expect_completed()?;
        }
        Ok(times)
    }

    async fn post(
        &mut self,
        path: &str,
        token: &str,
        key: Option<&str>,
        body: &str,
    ) -> Result<Duration, Fault> {
        let head = Head {
            method: "POST",
            path,
            token: Some(token),
            key,
        };
        let began = Instant::now();
        self.connection.ask(head, body).await?;
        Ok(began.elapsed())
    }

    /// The eighth request, which is no step.
    async fn pin(&mut self, order: &str, customer: &str) -> Result<String, Fault> {
        if !self.product {
            return Ok("0000".into());
        }
        let path = format!("/api/orders/{order}/delivery-pin");
        self.connection
            .ask(
                Head {
                    method: "GET",
                    path: &path,
                    token: Some(customer),
                    key: None,
                },
                "",
            )
            .await?;
        Ok(self.connection.find(r#""pin":""#, b'"')?.to_owned())
    }

    fn expect_completed(&self) -> Result<(), Fault> {
        match self.connection.find(r#""status":""#, b'"')? {
            "completed" => Ok(()),
            other => Err(format!("a delivered order is {other}").into()),
        }
    }
}
