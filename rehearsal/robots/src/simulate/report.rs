//! The closing report of a day: everything that the journal, the ledger and the robots tell of it.
//!
//! Invariant: holds no wall-clock time and no order of a hash map, so that equal days give equal reports.

mod money;
mod orders;
mod transitions;
mod troubles;

use super::{Day, OnCampus, OnServer, Setting, Size};
use campusg_client::{Deviation, answer::Proof};
use campusg_domain::{
    invariant::Broken,
    money::{Account, Cents},
};
use campusg_simulation::Simulation;
use campusg_storage::verify::{Line, judge};
use std::fmt::{self, Display, Formatter};

/// A closing report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    text: String,
    /// The checks: one line per invariant and then those of the simulation; for a server, what its public proof shows.
    pub lines: Vec<Line>,
    ends: Vec<(&'static str, String)>,
}

impl Report {
    /// Reports on a day in a simulation, and checks every invariant.
    #[must_use]
    pub fn of(day: &Day<OnCampus>, setting: &Setting) -> Self {
        let (world, simulation) = (day.world(), day.world().simulation());
        let mut lines = judge(&simulation.audit());
        lines.extend([
            ended(day, simulation),
            no_drift(simulation),
            repeats(world),
            books(simulation),
        ]);
        Self {
            text: text(day, setting),
            lines,
            ends: vec![
                ("journal", hex(&simulation.head())),
                ("state", hex(&simulation.state_hash())),
            ],
        }
    }

    /// Reports on a day on a server: the robots' tally, and the server's public proof.
    ///
    /// # Errors
    /// A [`Deviation`] if the server does not answer as specified.
    pub fn of_server(day: &Day<OnServer>, setting: &Setting) -> Result<Self, Deviation> {
        let proof = day.world().proof()?;
        let tally = day.tally();
        let parts = [
            heading(
                setting,
                &format!(
                    "watched for {}; {}",
                    orders::span(tally.lasted_ms),
                    left_open(tally.unfinished())
                ),
            ),
            orders::outcomes(tally),
            orders::waits(tally),
            troubles::refusals(tally),
        ];
        Ok(Self {
            text: parts.join("\n"),
            lines: vec![zero(&proof)],
            ends: vec![("journal", proof.head)],
        })
    }

    /// Whether every check holds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lines.iter().all(|line| line.faults.is_empty())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        writeln!(f, "CHECKED")?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        let ends = self.ends.iter();
        let ends = ends.map(|(name, what)| format!("{name:<8} {what}"));
        write!(f, "{}", ends.collect::<Vec<_>>().join("\n"))
    }
}

fn text(day: &Day<OnCampus>, setting: &Setting) -> String {
    let (simulation, tally) = (day.world().simulation(), day.tally());
    let (lasted, records) = (orders::span(tally.lasted_ms), simulation.journal().len());
    let parts = [
        heading(
            setting,
            &format!("everything had ended after {lasted}, in {records} records"),
        ),
        orders::outcomes(tally),
        orders::waits(tally),
        money::accounts(simulation),
        money::flows(simulation),
        troubles::by_kind(simulation),
        troubles::timers(simulation),
        troubles::calls(simulation),
        troubles::refusals(tally),
        troubles::mishaps(day.world()),
        transitions::met(simulation),
    ];
    parts.join("\n")
}

fn heading(setting: &Setting, lasted: &str) -> String {
    let Setting { size, seed, chaos } = setting;
    let Size {
        students,
        runners,
        hours,
    } = size;
    let chaos = match chaos {
        None => String::new(),
        Some(0) => ", chaos".into(),
        Some(every) => format!(", chaos with a restart every {every} records"),
    };
    let people = [
        counted(*students, "student"),
        counted(*runners, "runner"),
        counted(size.operators(), "operator"),
    ];
    let (people, hours) = (people.join(", "), counted(*hours, "hour"));
    format!("{people}; {hours}, seed {seed}{chaos}\n{lasted}\n")
}

fn left_open(orders: u64) -> String {
    match orders {
        0 => "no order is still open".into(),
        1 => "1 order is still open".into(),
        _ => format!("{orders} orders are still open"),
    }
}

fn counted<N: Display + PartialEq + From<u8>>(many: N, what: &str) -> String {
    let s = if many == N::from(1) { "" } else { "s" };
    format!("{many} {what}{s}")
}

/// The check that both sums of the server's public proof are 0.
fn zero(proof: &Proof) -> Line {
    let sums = [
        ("posted", proof.posted_sum_cents),
        ("pending", proof.pending_sum_cents),
    ];
    let wrong = sums.into_iter().filter(|(_, sum)| *sum != 0);
    let faults = wrong.map(|(name, sum)| {
        let sum = proof.currency.of(Cents(sum));
        format!("{name} adds up to {sum}")
    });
    let says = "all accounts add up to nothing, posted and pending";
    line("ledger", says, proof.accounts, faults.collect())
}

/// A section: its heading, and a line for each name with its number.
fn table<N: Display>(title: &str, rows: impl IntoIterator<Item = (N, u64)>) -> String {
    let mut text = format!("{title}\n");
    for (name, count) in rows {
        text.push_str(&format!("  {name:<44}{count:>9}\n"));
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(id: &str, says: &str, checked: u64, faults: Vec<String>) -> Line {
    Line {
        id: id.into(),
        says: says.into(),
        checked,
        faults,
    }
}

fn whys(broken: &[Broken]) -> Vec<String> {
    broken.iter().map(ToString::to_string).collect()
}

fn ended(day: &Day<OnCampus>, simulation: &Simulation) -> Line {
    let mut faults = vec![];
    let unfinished = day.tally().unfinished();
    if unfinished > 0 {
        faults.push(format!("{unfinished} orders have not ended"));
    }
    let (calls, timers) = (simulation.calls().len(), simulation.timetable().armed());
    if calls > 0 || timers > 0 {
        faults.push(format!("{calls} calls are open and {timers} timers armed"));
    }
    let says = "every order, call and timer has come to its end";
    line("ended", says, day.tally().orders() as u64, faults)
}

fn no_drift(simulation: &Simulation) -> Line {
    let forgotten = simulation
        .mishaps()
        .iter()
        .filter(|(mishap, _)| mishap.forgets());
    let checked = forgotten.map(|(_, times)| times).sum();
    let says = "whatever was forgotten folded to what it had been";
    line("drift", says, checked, whys(simulation.drift()))
}

fn repeats(world: &OnCampus) -> Line {
    let says = "a command given twice took effect once";
    line("repeats", says, world.repeats(), whys(world.broken()))
}

fn books(simulation: &Simulation) -> Line {
    let (gateway, totals) = (simulation.gateway(), simulation.ledger().totals());
    let booked = -simulation.ledger().balance(Account::Gateway).posted;
    let shown = |cents| simulation.policy().currency.of(cents);
    let mut faults = vec![];
    if gateway.cash() != booked {
        let (cash, booked) = (shown(gateway.cash()), shown(booked));
        faults.push(format!("the gateway counts {cash}, the ledger {booked}"));
    }
    let left = simulation.left_to_run_out();
    if totals.open_escrows == 0 && gateway.blocked() != left {
        let blocked = shown(gateway.blocked() - left);
        faults.push(format!("{blocked} stays blocked on cards"));
    }
    let mut says = String::from("the gateway's own book says what the ledger says");
    if left.is_positive() {
        let left = shown(left);
        says.push_str(&format!("; {left} that operators gave up runs out there"));
    }
    line("gateway", &says, gateway.executed(), faults)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::simulate::{World, world::Part};
    use campusg_domain::{
        call::{Answer, CallKind, CallNumber},
        id::{OrderId, PhotoId, Principal},
        invariant::Audit,
        money::Phase,
        order::Command,
        policy::Policy,
        time::HOUR_MS,
    };
    use campusg_simulation::{Bank, Behaviour};

    fn day() -> Day<OnCampus> {
        crate::simulate::run::day(&setting(), |_| ()).unwrap()
    }

    fn setting() -> Setting {
        Setting {
            size: Size {
                students: 25,
                runners: 4,
                hours: 3,
            },
            seed: 3,
            chaos: None,
        }
    }

    #[test]
    fn a_sound_day_says_so_on_every_line() {
        let report = Report::of(&day(), &setting());
        let text = report.to_string();
        assert!(report.is_sound() && !text.contains("BROKEN"), "{text}");
        for id in (1..=11).map(|n| format!("\nI{n} ")) {
            assert!(text.contains(&id), "{id} is not in\n{text}");
        }
    }

    #[test]
    fn a_cent_that_is_not_there_is_found() {
        let day = day();
        let mut audit = Audit::default();
        let mut spoilt = false;
        for entry in day.world().simulation().journal() {
            let mut entry = entry.clone();
            let posts = |phase: &Phase| matches!(phase, Phase::Post { .. });
            let transfer = entry.record.money.iter_mut().find(|it| posts(&it.phase));
            if let (Some(transfer), false) = (transfer, spoilt) {
                transfer.cents += Cents(1_000_000);
                spoilt = true;
            }
            audit.fold(&entry);
        }
        let lines = judge(&audit);
        let broken = lines.iter().filter(|line| !line.faults.is_empty());
        let broken: Vec<&str> = broken.map(|line| line.id.as_str()).collect();
        assert!(broken.contains(&"I3"), "{broken:?}");
        let report = Report {
            lines,
            ..Report::of(&day, &setting())
        };
        assert!(!report.is_sound() && report.to_string().contains("I3         BROKEN"));
    }

    /// Buys the food of an order whose card is refused then, and gives the call that was to charge it.
    fn refused_charge(simulation: &mut Simulation) -> (OrderId, CallNumber, Cents) {
        let mut world = OnCampus::new(simulation.clone(), 1, 0);
        let student = world.join(Part::Student(Behaviour::DeclinesCapture));
        let (student, runner) = (
            student.unwrap(),
            world.join(Part::Runner(Bank::Pays)).unwrap(),
        );
        let wish = crate::simulate::student::lunch(student);
        let order = world.place(wish).unwrap();
        let mut action = |command| {
            let end = world.now().plus(1000);
            while world.pass_until(end).unwrap() {}
            world.act(Principal::User(runner), order, command).unwrap();
        };
        action(Command::Accept { runner });
        action(Command::ArriveOnSite);
        let photo = Some(PhotoId::from_bytes([7; 16]));
        let total = Cents(500);
        action(Command::Purchase { total, photo });
        *simulation = world.simulation().clone();
        simulation.settle();
        let calls = &simulation.order(order).unwrap().calls;
        let (n, cents) = calls
            .iter()
            .find_map(|(n, call)| match call.kind {
                CallKind::Capture { cents, .. } => Some((*n, cents)),
                _ => None,
            })
            .unwrap();
        (order, n, cents)
    }

    /// An order that is cancelled before it has a runner, while the gateway is silent for some hours.
    fn cancelled_in_silence(simulation: &mut Simulation, card: Behaviour) -> OrderId {
        let student = simulation.register();
        simulation.set_card(student, card).unwrap();
        let wish = crate::simulate::student::lunch(student);
        let order = simulation.place(student, wish, 1).unwrap();
        simulation.step();
        simulation.gateway_is_down_until(simulation.now().plus(3 * HOUR_MS));
        let accept_charge = Cents::ZERO;
        let cancel = Command::Cancel { accept_charge };
        let id = simulation.fresh();
        let me = Principal::User(student);
        simulation.command(me, order, &cancel, id).unwrap();
        simulation.advance(HOUR_MS);
        order
    }

    #[test]
    fn what_an_operator_left_to_run_out_is_said_and_nothing_else_may_stay_blocked() {
        let mut simulation = Simulation::new(Policy::default(), 1);
        let operator = Principal::Operator(simulation.register_operator());
        let order = cancelled_in_silence(&mut simulation, Behaviour::Succeeds);
        let blocked = simulation.gateway().blocked();
        let blocked = simulation.policy().currency.of(blocked);
        let stays = format!("{blocked} stays blocked on cards");
        assert_eq!(books(&simulation).faults, [stays], "it is still tried");
        let reason = crate::simulate::day::words("let it run out");
        let id = simulation.fresh();
        let skip = Command::SkipStalled { reason };
        simulation.command(operator, order, &skip, id).unwrap();
        simulation.advance(4 * HOUR_MS);
        let line = books(&simulation);
        let left = format!("; {blocked} that operators gave up runs out there");
        assert!(line.says.ends_with(&left), "{line}");
        assert_eq!(line.faults, Vec::<String>::new());
        let row = "authorisations left to run out by operators";
        let troubles = troubles::by_kind(&simulation);
        let told = troubles.lines().find(|line| line.contains(row)).unwrap();
        assert!(told.ends_with(" 1"), "{told}");
    }

    #[test]
    fn a_gateway_that_lies_about_a_charge_is_found() {
        let mut simulation = Simulation::new(Policy::default(), 1);
        let (order, call, cents) = refused_charge(&mut simulation);
        assert_eq!(books(&simulation).faults, Vec::<String>::new());
        simulation.answered(order, call, Answer::Captured { cents });
        simulation.settle();
        assert_eq!(books(&simulation).faults.len(), 1);
    }
}
