//! Runs the load benchmark: three servers side by side, of which only the measured one is busy.
//!
//! At each number of connections the systems take turns in short rounds, so that other work of the machine affects
//! all of them.

use crate::{
    Fault,
    account::{self, Pair},
    against::{self, Against},
    bout::{Bout, ROUND},
    common,
    figures::Figures,
    lifecycle::Driver,
    probe::{Probe, payloads_of_an_order},
    reference, report,
    server::{self, Server, System},
    usage,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of connections at which each system is measured.
    pub connections: Vec<usize>,
    /// The time of warm-up before each measurement.
    pub warm_up: Duration,
    /// The time of each measurement.
    pub measure: Duration,
}

impl Plan {
    /// 1, 16 and 64 connections, 3 s of warm-up and 8 s of measurement, unless `BENCH_CONNECTIONS` (such as `16,64`)
    /// and `BENCH_SECONDS` say otherwise.
    fn wanted() -> Result<Self, Fault> {
        if common::is_rehearsal() {
            return Ok(Self {
                connections: vec![1, 2],
                warm_up: Duration::from_millis(100),
                measure: Duration::from_millis(300),
            });
        }
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

    /// Returns the largest number of connections.
    pub fn most_connections(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or(1)
    }
}

/// Returns the build to compare with, if `BENCH_AGAINST` names one, and the number of pairs: 5, or `BENCH_PAIRS`. A
/// rehearsal compares this build with itself.
fn against() -> Result<Option<Against>, Fault> {
    let Some(program) = std::env::var_os("BENCH_AGAINST") else {
        return Ok(None);
    };
    let program = PathBuf::from(program);
    let program = program
        .canonicalize()
        .map_err(|fault| format!("BENCH_AGAINST={}: {fault}", program.display()))?;
    let pairs = numbers("BENCH_PAIRS", &[5], 100)?[0] as usize;
    Ok(Some(Against { program, pairs }))
}

/// Parses comma-separated numbers from 1 to `most` from an environment variable.
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

/// Runs everything and prints the report.
///
/// # Errors
/// The first error.
pub fn run() -> Result<(), Fault> {
    let plan = Plan::wanted()?;
    // One thread, so that the driver takes no more of the machine than it needs.
    let driver = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    driver.block_on(async {
        if let Some(against) = against()? {
            return against::run(&against, &plan).await;
        }
        if common::is_rehearsal() {
            let program = server::program().to_path_buf();
            against::run(&Against { program, pairs: 1 }, &plan).await?;
        }
        let scratch = common::scratch()?;
        let fdatasync = usage::fdatasync(scratch.path(), 512)?;
        let payloads = sample_of_records(&scratch.path().join("sample")).await?;
        let systems = start(scratch.path(), &payloads, plan.most_connections()).await?;
        let figures = measure(systems, &plan).await?;
        report::report(&figures, fdatasync, &plan)
    })
}

/// Returns the records that one lifecycle writes, from the journal of a server that ran only one.
async fn sample_of_records(data: &Path) -> Result<Vec<Vec<u8>>, Fault> {
    let server = Server::product(System::Campusg, server::program(), data)?;
    let pair = account::open(server.address, 1).await?.remove(0);
    Driver::connect(server.address, pair, true)
        .await?
        .lifecycle()
        .await?;
    // The answer to the capture may come after the order is complete.
    Probe::new(&server).await?.settled().await?;
    drop(server);
    payloads_of_an_order(data)
}

/// A server to be measured, with its accounts and its probe.
pub struct Subject {
    /// The running server.
    pub server: Server,
    /// One pair for each connection that is measured at once.
    pub pairs: Vec<Pair>,
    /// Reads what the server has used and written.
    pub probe: Probe,
}

impl Subject {
    /// Starts a build of the product on its own folder, with accounts for `most` connections.
    ///
    /// # Errors
    /// The first error.
    pub async fn product(
        system: System,
        program: &Path,
        data: &Path,
        most: usize,
    ) -> Result<Self, Fault> {
        let server = Server::product(system, program, data)?;
        Ok(Self {
            pairs: account::open(server.address, most).await?,
            probe: Probe::new(&server).await?,
            server,
        })
    }

    async fn reference(system: System, data: &Path, most: usize) -> Result<Self, Fault> {
        let server = Server::reference(system, data)?;
        Ok(Self {
            pairs: (0..most).map(account::nobody).collect(),
            probe: Probe::new(&server).await?,
            server,
        })
    }
}

async fn start(folder: &Path, payloads: &[Vec<u8>], most: usize) -> Result<Vec<Subject>, Fault> {
    reference::leave_payloads(&folder.join(System::Append.name()), payloads)?;
    let mut subjects = vec![];
    for system in [System::Echo, System::Append] {
        subjects.push(Subject::reference(system, &folder.join(system.name()), most).await?);
    }
    let (system, program) = (System::Campusg, server::program());
    let data = folder.join(system.name());
    subjects.push(Subject::product(system, program, &data, most).await?);
    Ok(subjects)
}

/// Measures all systems in turns at each number of connections.
///
/// # Errors
/// The first error.
pub async fn measure(subjects: Vec<Subject>, plan: &Plan) -> Result<Vec<Figures>, Fault> {
    let mut figures = vec![];
    for connections in plan.connections.iter().copied() {
        let mut bouts = vec![];
        for subject in &subjects {
            bouts.push(Bout::begin(subject, connections, plan.warm_up).await?);
        }
        let mut left = plan.measure;
        while !left.is_zero() {
            let round = left.min(ROUND);
            for bout in &mut bouts {
                bout.round(round).await?;
            }
            left -= round;
        }
        for bout in bouts {
            figures.push(Figures::of(bout.end().await?));
            report::progress(figures.last())?;
        }
    }
    Ok(figures)
}
