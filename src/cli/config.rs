//! `campusg config`: prints the effective configuration.
//!
//! Must not: start anything or touch the data folder, except for reading its `campusg.toml`.

use super::CliFault;
use crate::{
    config::{self, ConfigFlags},
    output,
};
use clap::Args;

/// Arguments of `campusg config`.
#[derive(Debug, Args)]
#[command(after_help = "\
Sources, each overruling the ones before it, key by key:
  1. defaults
  2. the file named by --config, else campusg.toml in the data folder, if it exists
  3. environment: CAMPUSG_POLICY__ORDER_TIMEOUT_MS sets order_timeout_ms in [policy]
  4. flags

What cannot be used is refused with code 2 and a line for each fault.
Values of keys that hold secrets are not printed.")]
pub struct ConfigCommand {
    /// The flags that determine the sources of the configuration.
    #[command(flatten)]
    pub flags: ConfigFlags,
    /// Print JSON: per key an object of `value` and `origin`
    #[arg(long, conflicts_with = "explain")]
    pub json: bool,
    /// Print above each key what it means
    #[arg(long)]
    pub explain: bool,
}

impl ConfigCommand {
    /// Loads the configuration and prints it.
    ///
    /// # Errors
    /// [`CliFault::Config`] if it is refused, [`CliFault::Output`] if it cannot be printed.
    pub fn run(self) -> Result<(), CliFault> {
        let effective = config::load(&self.flags, config::process_environment())?;
        let text = if self.json {
            effective.to_json()
        } else {
            effective.to_toml(self.explain)
        };
        output::result(text.trim_end()).map_err(CliFault::Output)
    }
}
