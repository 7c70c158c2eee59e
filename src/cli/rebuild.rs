//! `campusg rebuild`: rebuilds the snapshots from the journal.

use super::{CliFault, progress::Bar};
use crate::{
    compose::{self, ComposeFault},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_storage::{OpenOptions, rebuild::rebuild};
use clap::Args;

/// Arguments of `campusg rebuild`.
#[derive(Debug, Args)]
#[command(after_help = "\
Deletes both snapshot stores of a stopped server and folds the whole journal into new ones. Loses nothing: the journal is \
the truth. A start does the same by itself where the snapshots can't be trusted.")]
pub struct RebuildCommand {
    /// The flags that determine the sources of the configuration.
    #[command(flatten)]
    pub flags: ConfigFlags,
}

impl RebuildCommand {
    /// Rebuilds, and prints how many records were folded.
    ///
    /// # Errors
    /// [`CliFault::Config`]; [`CliFault::Compose`] if the folder cannot be used.
    pub fn run(self) -> Result<(), CliFault> {
        let effective = config::load(&self.flags, config::process_environment())?;
        let config = &effective.config;
        logging::start(&config.log);
        super::require_data(&config.data)?;
        let mut bar = Bar::new("rebuilding");
        let shown = bar.clone();
        let progress = Box::new(move |progress| bar.update(progress));
        let options = OpenOptions {
            progress,
            ..compose::open_options(config)
        };
        let report = rebuild(&config.data, &config.storage, options);
        shown.finish();
        let report = report.map_err(ComposeFault::from)?;
        output::result(format_args!("rebuilt from {} records", report.folded))
            .map_err(CliFault::Output)
    }
}
