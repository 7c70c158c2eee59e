//! What is planned when a day begins: stores, meals, shifts and rounds.

use super::{Action, Day, FIRST_HOUR, Size, Span, hours, minutes};
use crate::simulate::{
    habits::HUNGER, operator, outside, people::Robot, runner, student, world::World,
};
use campusg_client::Deviation;
use campusg_domain::{
    owner::directory::{Hours, OpenSpan},
    time::{HOUR_MS, MINUTE_MS},
};

impl<W: World> Day<W> {
    /// Opens six stores; two of them close in the afternoon, one early in the evening.
    pub(super) fn open_stores(&mut self) -> Result<(), Deviation> {
        const STORES: [(&str, &[(u16, u16)]); 6] = [
            ("Noodle Bar", &[]),
            ("Corner Bakery", &[(420, 900), (990, 1200)]),
            ("Green Bowl", &[(600, 900), (1020, 1320)]),
            ("Campus Grill", &[(0, 1440)]),
            ("Tea House", &[(480, 1080)]),
            ("Night Owl", &[]),
        ];
        for (name, spans) in STORES {
            let week = (0..7).flat_map(|weekday| {
                spans.iter().map(move |(from_minute, to_minute)| OpenSpan {
                    weekday,
                    from_minute: *from_minute,
                    to_minute: *to_minute,
                })
            });
            let hours = (!spans.is_empty()).then(|| Hours(week.collect()));
            let store = self.world.open_store(name, hours);
            let store = self.answered("open_store", store)?;
            self.crowd.stores.extend(store);
        }
        Ok(())
    }

    /// Notes the errands that start the day: meals, runners' shifts and payouts, operators' rounds, outside troubles.
    pub(super) fn plan(&mut self, size: Size) {
        for hour in 0..size.hours {
            let hungry = HUNGER[usize::try_from((FIRST_HOUR + hour) % 24).unwrap_or(0)];
            let span = Span(hour * HOUR_MS, (hour + 1) * HOUR_MS - 1);
            for student in 0..size.students {
                if self.dice.happens(hungry) && self.dice.happens(self.habits.orders_when_hungry) {
                    let orders = Action::Student(student::Action::Orders);
                    self.note(Robot::Student(student), orders, None, span);
                }
            }
        }
        for runner in 0..size.runners {
            self.plan_a_shift(runner, size);
            let evening = Span(size.hours * HOUR_MS, (size.hours + 3) * HOUR_MS);
            let asks = Action::Runner(runner::Action::AsksForAPayout);
            self.note(Robot::Runner(runner), asks, None, evening);
        }
        let rounds = Action::Operator(operator::Action::GoesOnARound);
        self.note(Robot::Operator, rounds, None, minutes(10, 30));
        let books = Action::Operator(operator::Action::KeepsTheBooks);
        self.note(
            Robot::Operator,
            books,
            None,
            hours(size.hours, size.hours + 4),
        );
        let hour = Action::World(outside::Action::AnHourPasses);
        self.note(Robot::World, hour, None, minutes(5, 30));
    }

    /// Plans a runner's shift: every fourth runner works from the beginning and on the following days, others for some hours.
    fn plan_a_shift(&mut self, runner: usize, size: Size) {
        let looks = Action::Runner(runner::Action::LooksAtTheBoard);
        let (from_ms, until) = match runner % 4 {
            0 => (0, None),
            _ => {
                let came = self.dice.below((size.hours + 3) * HOUR_MS);
                let from_ms = came.saturating_sub(3 * HOUR_MS);
                let length = self.dice.between(3, 6) * HOUR_MS;
                (from_ms, Some(self.begins_at.plus(from_ms + length)))
            }
        };
        self.crowd.shifts.push(until);
        let first = Span(from_ms, from_ms + 5 * MINUTE_MS);
        self.note(Robot::Runner(runner), looks, None, first);
    }
}
