//! The run: three servers side by side, idle but for the one that is measured.
//!
//! The systems take turns at each number of connections, so that whatever else the machine does hits all of them.

use crate::{
    Fault,
    account::{self, Pair},
    common,
    figures::{Counted, Figures},
    lifecycle::{Driver, Measured},
    probe::{Probe, payloads_of_an_order},
    reference, report,
    server::{Server, System},
    usage,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Numbers of connections.
    pub connections: Vec<usize>,
    /// Before each measurement.
    pub warm_up: Duration,
    /// Each measurement.
    pub measure: Duration,
}

impl Plan {
    /// 1, 16 and 64 connections, 3 s of warm-up and 8 s, or what `BENCH_CONNECTIONS` (`16,64`) and `BENCH_SECONDS` say.
    fn wanted() -> Result<Self, Fault> {
        let seconds = numbers("BENCH_SECONDS", &[8], 600)?[0];
        let connections = numbers("BENCH_CONNECTIONS", &[1, 16, 64], 512)?;
        Ok(Self {
            connections: connections
                .into_iter()
                .map(|count| count as usize)
                .collect(),
            warm_up: Duration::from_secs(seconds.min(3)),
            measure: Duration::from_secs(seconds),
        })
    }

    fn most_connections(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or(1)
    }
}

/// Numbers from 1 to `most` out of the environment, with commas between them.
fn numbers(name: &str, default: &[u64], most: u64) -> Result<Vec<u64>, Fault> {
    let Ok(text) = std::env::var(name) else {
        return Ok(default.to_vec());
    };
    let parsed = text.split(',').map(|one| {
        one.trim()
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number))
    });
    parsed
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{name}={text}: must be from 1 to {most}").into())
}

/// Runs all of it and reports.
///
/// # Errors
/// The first thing that goes wrong.
pub fn run() -> Result<(), Fault> {
    let plan = Plan::wanted()?;
    // One thread: the driver must not take more of the machine than it needs.
    let driver = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    driver.block_on(async {
        let scratch = common::scratch()?;
        let fdatasync = usage::fdatasync(scratch.path(), 512)?;
        let payloads = sample_of_records(&scratch.path().join("sample")).await?;
        let systems = start(scratch.path(), &payloads, plan.most_connections()).await?;
        let figures = measure(systems, &plan).await?;
        report::report(&figures, fdatasync, &plan)
    })
}

/// The records that one lifecycle writes, out of the journal of a server that ran just one.
async fn sample_of_records(data: &Path) -> Result<Vec<Vec<u8>>, Fault> {
    let server = Server::campusg(data)?;
    let pair = account::open(server.address, 1).await?.remove(0);
    Driver::connect(server.address, pair, true)
        .await?
        .lifecycle()
        .await?;
    drop(server);
    payloads_of_an_order(data)
}

/// A server, who may use it, and what it has done.
struct Subject {
    server: Server,
    pairs: Vec<Pair>,
    probe: Probe,
}

async fn start(folder: &Path, payloads: &[Vec<u8>], most: usize) -> Result<Vec<Subject>, Fault> {
    reference::leave_payloads(&folder.join(System::Append.name()), payloads)?;
    let mut subjects = vec![];
    for system in [System::Echo, System::Append, System::Campusg] {
        let data = folder.join(system.name());
        let server = match system {
            System::Campusg => Server::campusg(&data)?,
            System::Echo | System::Append => Server::reference(system, &data)?,
        };
        let pairs = match system {
            System::Campusg => account::open(server.address, most).await?,
            System::Echo | System::Append => (0..most).map(account::nobody).collect(),
        };
        let probe = Probe::new(&server).await?;
        subjects.push(Subject {
            server,
            pairs,
            probe,
        });
    }
    Ok(subjects)
}

async fn measure(subjects: Vec<Subject>, plan: &Plan) -> Result<Vec<Figures>, Fault> {
    let mut figures = vec![];
    for connections in plan.connections.iter().copied() {
        for subject in &subjects {
            let counted = subject.measure(connections, plan).await?;
            figures.push(Figures::of(counted));
            report::progress(figures.last())?;
        }
    }
    Ok(figures)
}

impl Subject {
    async fn measure(&self, connections: usize, plan: &Plan) -> Result<Counted, Fault> {
        let (server, probe) = (&self.server, &self.probe);
        let before = probe.settled().await?;
        let mut drivers = vec![];
        for pair in &self.pairs[..connections] {
            // Keys are new at each number of connections: a repeated one would be answered and not executed.
            let named = Pair {
                name: format!("{}-of-{connections}", pair.name),
                ..pair.clone()
            };
            drivers.push(
                Driver::connect(server.address, named, server.system == System::Campusg).await?,
            );
        }
        let (drivers, warm_up) = drive(drivers, plan.warm_up).await?;
        let (at_start, cpu, own_cpu) = (
            probe.written().await?,
            probe.cpu()?,
            usage::cpu(std::process::id())?,
        );
        let began = Instant::now();
        let (_, measured) = drive(drivers, plan.measure).await?;
        // The last lifecycle of each connection is not counted, and neither is its time.
        let took = plan.measure.min(began.elapsed());
        let server_cpu = probe.cpu()?.saturating_sub(cpu);
        let driver_cpu = usage::cpu(std::process::id())?.saturating_sub(own_cpu);
        let at_end = probe.written().await?;
        let resident_kib = probe.resident_kib()?;
        let written = probe.settled().await?.since(before);
        Ok(Counted {
            system: server.system,
            connections,
            took,
            written_for: warm_up.lifecycles + measured.lifecycles + 2 * connections as u64,
            measured,
            server_cpu,
            driver_cpu,
            groups: at_end.groups - at_start.groups,
            lag: at_end.lag,
            written,
            resident_kib,
        })
    }
}

/// Lets every connection work for a while and gives what they measured together.
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
