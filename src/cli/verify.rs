//! `campusg verify`: checks everything that is stored against the journal, and prints the result.

use super::{CliFault, progress::Bar};
use crate::{
    compose::{self, ComposeFault},
    config::{self, ConfigFlags},
    logging, output,
};
use campusg_storage::verify::verify;
use clap::Args;

/// Arguments of `campusg verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Walks the whole journal of a stopped server, folds every order, wallet and account from nothing, and compares the \
snapshots with them. One line per invariant with what was counted; the chain's head last. Ends with code 3 if \
anything does not hold, and with 1 or 2 and a sentence if the folder can't be read. As a start of the server does, it first cuts \
away a last group that was not finished, and says so, and brings the snapshots up to the journal; nothing else is changed.")]
pub struct VerifyCommand {
    /// The flags that determine the sources of the configuration.
    #[command(flatten)]
    pub flags: ConfigFlags,
}

impl VerifyCommand {
    /// Runs the checks and prints the result.
    ///
    /// # Errors
    /// [`CliFault::Config`]; [`CliFault::Compose`] if the folder cannot be read; [`CliFault::Unsound`] if something
    /// does not hold.
    pub fn run(self) -> Result<(), CliFault> {
        let effective = config::load(&self.flags, config::process_environment())?;
        let config = &effective.config;
        logging::start(&config.log);
        super::require_data(&config.data)?;
        let mut bar = Bar::new("verifying");
        let report = verify(
            &config.data,
            &config.storage,
            compose::open_options(config),
            |progress| bar.update(progress),
        );
        bar.finish();
        let report = report.map_err(ComposeFault::from)?;
        output::result(&report).map_err(CliFault::Output)?;
        if report.is_sound() {
            Ok(())
        } else {
            Err(CliFault::Unsound)
        }
    }
}
