//! One lifecycle of an order: the seven requests from placing to completion, and their times.

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

/// The steps of a lifecycle, in order.
pub const STEPS: [&str; 7] = [
    "place",
    "accept",
    "on-site",
    "purchased",
    "collected",
    "on-the-way",
    "delivered",
];

/// The body of the request that places an order.
pub const WISH: &str = r#"{"store":{"name":"Corner","place":"Library"},"items":[{"name":"Bagel","quantity":2,"unit_price_cents":1000,"substitution":"drop"}],"dropoff":{"building":"B7","room":"12","handover":"pin","notes":"ring"},"tip_cents":200}"#;

/// The order's id in requests to a reference server, which does not read it.
const SOME_ORDER: &str = "019ac000-0000-7000-8000-000000000000";

/// What a connection has measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Lifecycles that were completed in time.
    pub lifecycles: u64,
    /// All lifecycles, including those that were begun in time and completed too late.
    pub begun: u64,
    /// Requests that were answered 503 and repeated.
    pub refused: u64,
    /// The times of each step.
    pub steps: [Sample; STEPS.len()],
}

impl Measured {
    /// Adds what another connection has measured.
    pub fn join(&mut self, other: Self) {
        self.lifecycles += other.lifecycles;
        self.begun += other.begun;
        self.refused += other.refused;
        self.steps
            .iter_mut()
            .zip(other.steps)
            .for_each(|(all, one)| all.join(one));
    }
}

/// A customer and a runner on one connection, who run one lifecycle after another.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    pair: Pair,
    /// Whether the server is the product, whose responses contain ids and PINs.
    product: bool,
    done: u64,
    /// What was measured since it was last taken.
    pub measured: Measured,
}

impl Driver {
    /// Opens a connection for a pair.
    ///
    /// # Errors
    /// Any error of the operating system.
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

    /// Runs lifecycles until `end`. The last one is completed, but not counted in the times.
    ///
    /// # Errors
    /// The first error, since a benchmark of refusals measures nothing.
    pub async fn until(&mut self, end: Instant) -> Result<(), Fault> {
        loop {
            let times = self.lifecycle().await?;
            self.measured.begun += 1;
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

    /// Runs one lifecycle and returns the time of each step.
    ///
    /// # Errors
    /// The first response that is not as expected.
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

    /// Reads the PIN. This eighth request is not a step.
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
