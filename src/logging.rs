//! Sets up logging: one subscriber for the process, with the configured format and filter.

use crate::{
    config::{LogConfig, LogFormat},
    output,
};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error, with colours only at a terminal. A second start does nothing.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output::logs_at_a_terminal())
        .with_writer(output::log_stream);
    // An error means that a subscriber is set already.
    let _ = match config.format {
        LogFormat::Human => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
