//! Progress bars on standard error, if that is a terminal.

use campusg_robots::simulate;
use campusg_storage::store::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts records.
#[derive(Clone, Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new(0).with_message(what);
        let style = ProgressStyle::with_template(
            "{msg} {wide_bar} {human_pos}/{human_len} records, {per_sec}, {eta} left",
        );
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    pub(super) fn update(&mut self, progress: Progress) {
        self.0.set_length(progress.last.0);
        self.0.set_position(progress.folded.0);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar that follows the minutes of a simulated day.
#[derive(Clone, Debug)]
pub(super) struct DayBar {
    bar: ProgressBar,
    minutes: u64,
    shown: Option<u64>,
}

impl DayBar {
    pub(super) fn new(hours: u64) -> Self {
        let minutes = hours * 60;
        let bar = ProgressBar::new(minutes);
        let style = ProgressStyle::with_template("{elapsed} {wide_bar} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            minutes,
            shown: None,
        }
    }

    pub(super) fn update(&mut self, progress: simulate::Progress) {
        let minute = progress.passed_ms / 60_000;
        // A minute has many steps; the first one updates the bar.
        if self.shown == Some(minute) {
            return;
        }
        self.shown = Some(minute);
        self.bar.set_position(minute.min(self.minutes));
        let when = match minute.checked_sub(self.minutes) {
            None => format!("{}:{:02} h", minute / 60, minute % 60),
            Some(after) => format!("and {} h until all has ended", after / 60),
        };
        let (orders, open) = (progress.orders, progress.open);
        self.bar
            .set_message(format!("{when}, {orders} orders, {open} open"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
