//! A whole simulation on a campus in this process: the campus, the day, the report.

use super::{Day, FIRST_HOUR, Habits, OnCampus, OnServer, Progress, Report, Size};
use campusg_client::Deviation;
use campusg_domain::{
    money::Cents,
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS},
};
use campusg_simulation::{Mishap, Simulation};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// How many people, how long.
    pub size: Size,
    /// Of all chance.
    pub seed: u64,
    /// Whether whatever can go wrong does; then everything but the journal is lost after every so many records.
    pub chaos: Option<u32>,
}

impl Setting {
    fn habits(&self) -> Habits {
        match self.chaos {
            Some(_) => Habits::believable().with_chaos(),
            None => Habits::believable(),
        }
    }

    /// A campus at the hour at which students begin to order, with nobody there yet.
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

/// The defaults, but for a fee, and some minutes after a delivery in which customers confirm or dispute it.
fn policy() -> Policy {
    Policy {
        platform_fee_cents: Cents(50),
        dispute_window_ms: 20 * MINUTE_MS,
        ..Policy::default()
    }
}

/// Lives a day, and what follows until everything has ended, and looks at what became of it.
///
/// # Errors
/// A [`Deviation`] where the campus could not go on: a rule is wrong, and the same seed shows it again.
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

/// Lives a day on a running server.
///
/// # Errors
/// A [`Deviation`] where the server is not as specified, or can't be reached.
pub fn simulate_on(
    server: OnServer,
    setting: &Setting,
    progress: impl FnMut(Progress),
) -> Result<Report, Deviation> {
    let mut day = Day::begin(server, setting.habits(), setting.size, setting.seed)?;
    day.live(progress)?;
    Report::of_server(&day, setting)
}

/// A day that is over.
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

    /// As many as a change is checked with; more by hand: `campusg simulate --chaos --seed N`.
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
