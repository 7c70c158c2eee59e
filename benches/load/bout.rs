//! The measurement of one system at one number of connections: warm-up, rounds, and counters.

use crate::{
    Fault,
    account::Pair,
    figures::Counted,
    lifecycle::{Driver, Measured},
    probe::Written,
    run::Subject,
    usage,
};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The length of a round. Most disturbances last longer, so they affect every system.
pub const ROUND: Duration = Duration::from_secs(2);

/// A measurement under way.
pub struct Bout<'a> {
    subject: &'a Subject,
    drivers: Vec<Driver>,
    before: Written,
    counted: Counted,
}

impl<'a> Bout<'a> {
    /// Connects and warms up.
    ///
    /// # Errors
    /// The first error.
    pub async fn begin(
        subject: &'a Subject,
        connections: usize,
        warm_up: Duration,
    ) -> Result<Self, Fault> {
        let system = subject.server.system;
        let before = subject.probe.settled().await?;
        let mut drivers = vec![];
        for pair in &subject.pairs[..connections] {
            // Keys are new for each number of connections: a repeated one would be answered without being executed.
            let named = Pair {
                name: format!("{}-of-{connections}", pair.name),
                ..pair.clone()
            };
            drivers
                .push(Driver::connect(subject.server.address, named, system.is_product()).await?);
        }
        let (drivers, warming) = drive(drivers, warm_up).await?;
        let counted = Counted {
            system,
            connections,
            took: Duration::ZERO,
            measured: Measured::default(),
            server_cpu: Duration::ZERO,
            driver_cpu: Duration::ZERO,
            other_cpu: Duration::ZERO,
            groups: 0,
            lag: 0,
            written: Written::default(),
            written_for: warming.begun,
            resident_kib: 0,
        };
        Ok(Self {
            subject,
            drivers,
            before,
            counted,
        })
    }

    /// Measures for `span`.
    ///
    /// # Errors
    /// The first error.
    pub async fn round(&mut self, span: Duration) -> Result<(), Fault> {
        let probe = &self.subject.probe;
        let written = probe.written().await?;
        let used = self.used()?;
        let (drivers, measured) = drive(std::mem::take(&mut self.drivers), span).await?;
        let since: Vec<Duration> = self
            .used()?
            .iter()
            .zip(used)
            .map(|(now, then)| now.saturating_sub(then))
            .collect();
        let now = probe.written().await?;
        let counted = &mut self.counted;
        counted.took += span;
        counted.server_cpu += since[0];
        counted.driver_cpu += since[1];
        counted.other_cpu += since[2].saturating_sub(since[0] + since[1]);
        counted.groups += now.groups - written.groups;
        counted.lag = counted.lag.max(now.lag);
        counted.written_for += measured.begun;
        counted.measured.join(measured);
        self.drivers = drivers;
        Ok(())
    }

    /// Waits until everything is written, and returns the counters.
    ///
    /// # Errors
    /// The first error.
    pub async fn end(mut self) -> Result<Counted, Fault> {
        let probe = &self.subject.probe;
        self.counted.resident_kib = probe.resident_kib()?;
        self.counted.written = probe.settled().await?.since(self.before);
        Ok(self.counted)
    }

    /// Returns the CPU time so far of the server, of this process, and of the whole machine.
    fn used(&self) -> Result<[Duration; 3], Fault> {
        Ok([
            self.subject.probe.cpu()?,
            usage::cpu(std::process::id())?,
            usage::machine_cpu()?,
        ])
    }
}

/// Runs all connections for `span`, and returns what they measured together.
async fn drive(drivers: Vec<Driver>, span: Duration) -> Result<(Vec<Driver>, Measured), Fault> {
    let end = Instant::now() + span;
    let mut running = JoinSet::new();
    for mut driver in drivers {
        running.spawn(async move {
            driver.until(end).await?;
            Ok::<_, Fault>(driver)
        });
    }
    let (mut drivers, mut measured) = (vec![], Measured::default());
    while let Some(driver) = running.join_next().await {
        let mut driver = driver??;
        measured.join(std::mem::take(&mut driver.measured));
        drivers.push(driver);
    }
    Ok((drivers, measured))
}
