//! Runs a whole simulation: sets up the campus, lives the day, makes the report.

use super::{Day, FIRST_HOUR, Habits, OnCampus, OnServer, Progress, Report, Size};
use campusg_client::Deviation;
use campusg_domain::{
    money::Cents,
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS},
};
use campusg_simulation::{Mishap, Simulation};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The parameters of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Number of people, and hours in which they order.
    pub size: Size,
    /// Seed of every random choice; equal settings give equal days in this process.
    pub seed: u64,
    /// `None`: an ordinary day. `Some(n)`: a day with chaos, in which everything but the journal is lost after about every
    /// `n`-th record; 0: never.
    pub chaos: Option<u32>,
}

impl Setting {
    fn habits(&self) -> Habits {
        match self.chaos {
            Some(_) => Habits::believable().with_chaos(),
            None => Habits::believable(),
        }
    }

    /// An empty campus at [`FIRST_HOUR`], with the mishaps of these habits.
    fn simulation(&self, habits: &Habits) -> Simulation {
        let mut simulation = Simulation::new(policy(), self.seed);
        simulation.advance(FIRST_HOUR * HOUR_MS);
        for (mishap, once_in) in habits.mishaps {
            simulation.let_happen(*mishap, *once_in);
        }
        let restart_every = self.chaos.unwrap_or(0);
        simulation.let_happen(Mishap::Restart, restart_every);
        simulation
    }
}

/// The default policy, with a platform fee of 0.50 and a dispute window of 20 minutes.
fn policy() -> Policy {
    Policy {
        platform_fee_cents: Cents(50),
        dispute_window_ms: 20 * MINUTE_MS,
        ..Policy::default()
    }
}

/// Simulates a day in this process until everything has ended, and reports on it.
///
/// # Errors
/// A [`Deviation`] if the simulation fails, which means that a rule is wrong; the same seed shows it again.
pub fn simulate(setting: &Setting, progress: impl FnMut(Progress)) -> Result<Report, Deviation> {
    let lived = catch_unwind(AssertUnwindSafe(|| lived(setting, progress)));
    lived.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        let seed = setting.seed;
        Err(Deviation::new(
            "a day that comes to its end",
            format!("{} (seed {seed})", said.unwrap_or("a panic")),
        ))
    })
}

fn lived(setting: &Setting, progress: impl FnMut(Progress)) -> Result<Report, Deviation> {
    let day = day(setting, progress)?;
    Ok(Report::of(&day, setting))
}

/// Lets robots live a day on a running server, and reports on it.
///
/// # Errors
/// A [`Deviation`] if the server is not as specified, or can't be reached.
pub fn simulate_on(
    server: OnServer,
    setting: &Setting,
    progress: impl FnMut(Progress),
) -> Result<Report, Deviation> {
    let mut day = Day::begin(server, setting.habits(), setting.size, setting.seed)?;
    day.live(progress)?;
    Report::of_server(&day, setting)
}

/// Lives a whole day in this process, and returns it with its campus.
pub(super) fn day(
    setting: &Setting,
    progress: impl FnMut(Progress),
) -> Result<Day<OnCampus>, Deviation> {
    let habits = setting.habits();
    let simulation = setting.simulation(&habits);
    let world = OnCampus::new(simulation, setting.seed, habits.gives_a_command_again);
    let mut day = Day::begin(world, habits, setting.size, setting.seed)?;
    day.live(progress)?;
    Ok(day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn small(seed: u64, chaos: Option<u32>) -> Setting {
        let size = Size {
            students: 30,
            runners: 5,
            hours: 3,
        };
        Setting { size, seed, chaos }
    }

    #[test]
    fn equal_seeds_give_equal_reports_and_others_others() {
        let report = |seed| simulate(&small(seed, None), |_| ()).unwrap();
        let (one, again, other) = (report(1), report(1), report(2));
        assert_eq!(one.to_string(), again.to_string());
        assert_ne!(one.to_string(), other.to_string());
        assert!(one.is_sound() && other.is_sound(), "{one}\n{other}");
    }

    #[test]
    fn a_crash_after_every_record_changes_nothing() {
        let report = simulate(&small(4, Some(1)), |_| ()).unwrap();
        assert!(report.is_sound(), "{report}");
        let lived = day(&small(4, Some(1)), |_| ()).unwrap();
        let simulation = lived.world().simulation();
        let restarts = simulation.mishaps()[&Mishap::Restart];
        let before = simulation
            .journal()
            .iter()
            .take_while(|it| it.record.at.0 < lived.begins_at.0);
        assert!(restarts as usize + before.count() >= simulation.journal().len());
        let mut quiet = simulation.clone();
        quiet.let_happen(Mishap::Restart, 0);
        quiet.rebuild().unwrap();
        assert_eq!(quiet.state_hash(), simulation.state_hash());
    }

    /// Few seeds, to be quick; try more by hand with `campusg simulate --chaos --seed N`.
    #[test]
    fn chaos_of_every_kind_happens_and_leaves_no_drift() {
        let mut happened = std::collections::BTreeSet::new();
        for seed in 10..14 {
            let setting = small(seed, Some(9));
            let lived = day(&setting, |_| ()).unwrap();
            let report = Report::of(&lived, &setting);
            assert!(report.is_sound(), "{report}");
            happened.extend(lived.world().simulation().mishaps().keys().copied());
        }
        assert_eq!(happened.into_iter().collect::<Vec<_>>(), Mishap::ALL);
    }
}
