//! The section `log` of the configuration.

use campusg_domain::settings::{BrokenRule, Rules};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

/// Format and filter of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `human` for a terminal, `json` for a collector (one object per line).
    pub format: LogFormat,
    /// Directives of the `tracing` filter, for example `info,campusg_actors=debug`.
    pub filter: String,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable text, for a terminal.
    Human,
    /// One JSON object per line, for a log collector.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Human,
            filter: "info".into(),
        }
    }
}

impl LogConfig {
    /// Checks that the filter can be parsed.
    ///
    /// # Errors
    /// A broken rule for `filter` if it can't be parsed.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        let fault = EnvFilter::try_new(&self.filter).err();
        let said = fault.map(|error| format!("must be directives of the tracing filter ({error})"));
        Rules::new()
            .must("filter", said.is_none(), said.unwrap_or_default())
            .check()
    }
}
