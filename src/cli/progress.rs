//! The progress bar of long work, on standard error, where that is a terminal.

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

    pub(super) fn tell(&mut self, progress: Progress) {
        self.0.set_length(progress.last.0);
        self.0.set_position(progress.folded.0);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
