//! `campusg simulate`: runs robots on a campus for a day, and reports the results.
//!
//! Must not: know what a robot does; that is in the crate `campusg-robots`.

use super::{CliFault, progress::DayBar, server};
use crate::output;
use campusg_actors::port::clock::{Clock, SystemClock};
use campusg_client::Deviation;
use campusg_robots::simulate::{
    Login, OnServer, Progress, Report, Setting, Size, simulate, simulate_on,
};
use clap::{Args, builder::RangedU64ValueParser, value_parser};
use std::sync::Arc;

/// Arguments of `campusg simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Robots order at meal times, run, operate the platform, and meet every kind of trouble in believable proportions: cards \
that fail, stores that are closed, prices that rise, customers who are not there, runners who give up, disputes, debts, \
payouts that come back. All of it runs in this process, on the rules that the server has, with a clock that is moved on \
and a journal in memory; the time that it takes is not the time that passes there. After the hours in which students \
order, the days go on until everything has ended.

With --chaos cards and gateway behave much worse; answers are lost, late or doubled; owners and orders are dropped and \
folded again from the journal; everything but the journal is lost between any two records.

The report goes to standard output, and at a terminal progress to standard error. The same seed gives the same report, byte for byte. \
Ends with code 3 if anything does not hold.

With --live the same robots open accounts on a running server with the sandbox gateway and live there, over HTTP. They \
read their notices only now and then, so that no two reports need be equal; and nobody can make that server's gateway or \
disk fail from here. Given an operator's login, robots operate the platform too, and a virtual clock is moved on; without \
one, robots live --speed times faster than the clock on the wall, and the server's own time-outs do not.

Examples:
  campusg simulate --students 500 --runners 60 --hours 8
  campusg simulate --chaos --seed 12
  campusg simulate --students 30 --runners 4 --hours 2 --chaos --restart-every 1
  campusg serve --demo --virtual-clock
  campusg simulate --students 40 --runners 6 --hours 2 --live http://127.0.0.1:8080 \\
      --operator-email olivia@campus.example --operator-password campus-demo-2026")]
pub struct SimulateCommand {
    /// Number of students who order
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 500, value_parser = count(1, 20_000))]
    pub students: usize,
    /// Number of runners
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 60, value_parser = count(0, 5_000))]
    pub runners: usize,
    /// Hours in which students order, from 11:00 on
    #[arg(long, value_name = "H", allow_negative_numbers = true, default_value_t = 8, value_parser = value_parser!(u64).range(1..=72))]
    pub hours: u64,
    /// Seed of the random numbers
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 8
    )]
    pub seed: u64,
    /// Inject every kind of fault
    #[arg(long)]
    pub chaos: bool,
    /// Lose everything but the journal after every Nth record on average; 1: after each
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "chaos", default_value_t = 25, value_parser = value_parser!(u32).range(1..))]
    pub restart_every: u32,
    /// Run the robots on this server, as http://127.0.0.1:8080, and not in this process
    #[arg(long, value_name = "URL", conflicts_with = "restart_every", value_parser = super::server::address)]
    pub live: Option<String>,
    /// E-mail address of an operator of that server
    #[arg(
        long,
        requires = "live",
        requires = "operator_password",
        value_name = "EMAIL"
    )]
    pub operator_email: Option<String>,
    /// Password of that operator
    #[arg(long, requires = "operator_email", value_name = "PASSWORD")]
    pub operator_password: Option<String>,
    /// How many times faster than real time robots live, if the server's clock can't be advanced
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "live", default_value_t = 60, value_parser = value_parser!(u32).range(1..=3_600))]
    pub speed: u32,
}

fn count(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::<usize>::new().range(least..=most)
}

impl SimulateCommand {
    /// Runs the simulation and prints the report.
    ///
    /// # Errors
    /// [`CliFault::NoServer`], [`CliFault::SignIn`] and [`CliFault::NoOperator`] if robots can't use that server,
    /// [`CliFault::Deviation`] if the simulation could not continue, [`CliFault::Unsound`] if something does not
    /// hold, [`CliFault::Output`] if the report cannot be printed.
    pub fn run(self) -> Result<(), CliFault> {
        let setting = self.setting();
        let mut bar = DayBar::new(self.hours);
        let update = |progress: Progress| bar.update(progress);
        let report = match &self.live {
            None => simulate(&setting, update),
            Some(url) => simulate_on(self.server(url)?, &setting, update),
        };
        bar.finish();
        conclude(&report?)
    }

    fn server(&self, url: &str) -> Result<OnServer, CliFault> {
        let threads = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let threads = threads.map_err(|fault| Deviation::new("a thread", fault.to_string()))?;
        let client = threads.block_on(server::way_to(url))?;
        let operator = match (&self.operator_email, &self.operator_password) {
            (Some(email), Some(password)) => {
                Some(threads.block_on(server::operator(&client, email, password))?)
            }
            _ => None,
        };
        let login = Login { client, operator };
        let clock = SystemClock::new(false);
        let clock = Arc::new(move || clock.now());
        Ok(OnServer::new(threads, login, self.speed, clock)?)
    }

    fn setting(&self) -> Setting {
        Setting {
            size: Size {
                students: self.students,
                runners: self.runners,
                hours: self.hours,
            },
            seed: self.seed,
            // A server is not restarted by this command.
            chaos: self.chaos.then_some(match self.live {
                None => self.restart_every,
                Some(_) => 0,
            }),
        }
    }
}

/// Prints a report; fails if something in it does not hold.
fn conclude(report: &Report) -> Result<(), CliFault> {
    output::result(report).map_err(CliFault::Output)?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(CliFault::Unsound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_with_a_broken_line_ends_the_command_with_code_3() {
        let setting = Setting {
            size: Size {
                students: 1,
                runners: 0,
                hours: 1,
            },
            seed: 1,
            chaos: None,
        };
        let sound = simulate(&setting, |_| ()).map(|report| conclude(&report).is_ok());
        assert_eq!(sound, Ok(true));
        let broken = simulate(&setting, |_| ()).map(|mut report| {
            report.lines[0].faults.push("on purpose".into());
            report
        });
        let code = broken.map(|report| conclude(&report).map_err(|fault| fault.exit_code()));
        assert_eq!(code, Ok(Err(3)));
    }
}
